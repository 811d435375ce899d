import Foundation

private let (descriptionTag, makeTag, modelTag) = (0x010E, 0x010F, 0x0110)
private let (softwareTag, artistTag) = (0x0131, 0x013B)
private let exposureTags = [0x829A, 0x829D, 0x8827]  // time, aperture, ISO
private let textTags = [(descriptionTag, "ImageDescription"), (0x9286, "UserComment"), (0x927C, "MakerNote")]
private let workflowTags = [(descriptionTag, "ImageDescription"), (makeTag, "Make"), (modelTag, "Model")]
private let grokSignature = Pattern(#"^Signature: [A-Za-z0-9+/=]{40,}\s*\z"#)
private let uuid = Pattern(#"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\z"#, ignoringCase: true)
private let mostDatasets = 50_000  // a keyword is one
private let mostLengthBytes = 4  // of a long dataset

/// Returns what the TIFF structure `data` says.
func readExif(_ data: Bytes, at place: String) -> [Evidence] {
    judgeTags(readTags(data), at: place)
}

/// Returns what the tags of a TIFF structure say.
func judgeTags(_ tags: Tags, at place: String) -> [Evidence] {
    var found = judgeNamed(tags, at: place)
    for (tag, name) in textTags {
        guard let value = tags.values[tag] else { continue }
        let text = decode(value, isLittle: tags.isLittle)
        if !text.isEmpty { found += judgeText(name, text, .exif, at: "\(name), \(place)") }
    }
    for (tag, name) in workflowTags {  // as ComfyUI writes them into WebP files
        let parts = tags.text(tag).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, ["prompt", "workflow"].contains(parts[0].lowercased()) else { continue }
        found += judgeWorkflow(String(parts[1]), .exif, at: "\(name), \(place)")
    }
    return dropRepeated(found)
}

private func judgeNamed(_ tags: Tags, at place: String) -> [Evidence] {
    let (make, model) = (tags.text(makeTag), tags.text(modelTag))
    let (description, artist) = (tags.text(descriptionTag), tags.text(artistTag))
    var found = judgeSoftware(tags.text(softwareTag), .exif, at: "Software, \(place)")
    let isExposed = exposureTags.contains { tags.values[$0] != nil }
    if make.lowercased() == "ideogram ai" {
        let what = "the field for its camera names a generator"
        found.append(Evidence(.exif, .declaresGenerated, what, words: make, at: place))
    } else if !make.isEmpty && !model.isEmpty && !make.hasPrefix("{") && isExposed {
        let words = model.hasPrefix(make) ? model : "\(make) \(model)"
        let what = "its EXIF names a camera and the exposure"
        found.append(Evidence(.exif, .speaksForACamera, what, words: words, at: place))
    }
    if grokSignature.isFound(in: description) && uuid.isFound(in: artist) {
        let words = String(description.unicodeScalars.prefix(40)) + " " + artist
        let what = "holds a signature and number as Grok writes them"
        found.append(Evidence(.exif, .declaresGenerated, what, words: words, at: place))
    }
    return found
}

/// Returns the text of a field; a user comment begins with the name of its encoding.
private func decode(_ value: Bytes, isLittle: Bool) -> String {
    let body = value.sub(8)
    let text: String
    if value.starts(with: "UNICODE\0") {
        text = decodeUtf16(body, isLittle: isLittle)
    } else if value.starts(with: "ASCII\0\0\0") || value.starts(with: [UInt8](repeating: 0, count: 8)) {
        text = body.utf8()
    } else {
        text = value.utf8()
    }
    return text.trimmingCharacters(in: CharacterSet(charactersIn: "\0 "))
}

/// Returns UTF-16, whose byte order programs get wrong: the one with more plain letters is right.
private func decodeUtf16(_ body: Bytes, isLittle: Bool) -> String {
    func countPlain(_ text: String) -> Int { text.unicodeScalars.prefix(1000).filter { $0.value < 0x7F }.count }
    let (first, second) = (body.utf16(little: isLittle), body.utf16(little: !isLittle))
    return countPlain(second) > countPlain(first) ? second : first
}

/// Returns what IPTC's datasets say: the credit line and the program.
func readIptc(_ data: Bytes, at place: String) -> [Evidence] {
    var found = [Evidence]()
    var at = 0
    for _ in 0..<mostDatasets where data[at] == 0x1C && at + 5 <= data.count {
        var start = at + 5
        var length = data.length(at + 3, 2)
        if length & 0x8000 != 0 {  // 32 KB or longer: so many bytes hold the length
            let lengthBytes = length & 0x7FFF
            if lengthBytes > mostLengthBytes { break }
            length = data.length(start, lengthBytes)
            start += lengthBytes
        }
        let text = data.sub(start, start + length).utf8()
        if data[at + 1] == 2 && data[at + 2] == 110 { found += judgeCredit(text, .iptc, at: place) }
        if data[at + 1] == 2 && data[at + 2] == 65 { found += judgeSoftware(text, .iptc, at: place) }
        at = start + length
    }
    return found
}
