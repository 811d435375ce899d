import Foundation

private let mostFileBytes = 1 << 29
private let mostBytes = 16 << 20  // of all parts that are judged, inflated
private let mostInflatedBytes = 128 << 20  // of all parts, those that are too large for the rest among them
private let rawProfile = Pattern(#"^Raw profile type (\w+)\z"#)

/// Returns what the image file `file` says of itself, in the order of the file; its pixels are not looked at.
///
/// The same rules as `fakelens check`, without the marks in pixels and without verifying signatures. A damaged or
/// hostile file gives the statements that can be read, or none.
public func readEvidence(_ file: Data) -> [Evidence] {
    if file.count > mostFileBytes { return [] }
    var found = [Evidence]()
    var bytesLeft = mostBytes
    var inflatedBytes = 0
    for part in readParts(Bytes([UInt8](file))) {
        let data = part.isPacked ? part.data.inflate(most: mostTextBytes) : part.data
        inflatedBytes += data.count
        if inflatedBytes > mostInflatedBytes { break }
        if data.count > bytesLeft { continue }  // texts may inflate to much more than the file
        bytesLeft -= data.count
        found += judge(part, data)
    }
    if found.contains(where: { $0.source == .c2pa }) { found = found.filter { $0.what != credentialsNamed } }
    return addContradictions(showStrongest(dropRepeated(found)))
}

private func judge(_ part: Part, _ data: Bytes) -> [Evidence] {
    switch part.kind {
    case .c2pa: return readC2pa(data, at: part.place)
    case .xmp: return readXmp(data, at: part.place)
    case .exif:
        if let tags = part.tags { return judgeTags(tags, at: part.place) }
        return readExif(data, at: part.place)
    case .iptc: return readIptc(data, at: part.place)
    case .trailer: return judgeSamsungTrailer(data, at: part.place)
    case .text: break
    }
    if let profile = rawProfile.find(in: part.key, group: 1) {
        return judgeProfile(profile.lowercased(), data, at: part.place)
    }
    return judgeText(part.key, data.utf8(), .text, at: part.place)
}

/// Judges what ImageMagick writes as hexadecimal digits: a name, a length, then the digits.
private func judgeProfile(_ kind: String, _ text: Bytes, at place: String) -> [Evidence] {
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0D]
    let lines = text.content.drop { $0 == 0x0A || blanks.contains($0) }
        .split(separator: 0x0A, omittingEmptySubsequences: false)
    let digits = lines.dropFirst(2).joined().filter { !blanks.contains($0) }
    let values = digits.map { UInt8(String(Character(Unicode.Scalar($0))), radix: 16) }
    if values.count % 2 != 0 || values.contains(nil) { return [] }
    let halves = values.compactMap { $0 }
    let data = Bytes(stride(from: 0, to: halves.count, by: 2).map { halves[$0] << 4 | halves[$0 + 1] })
    switch kind {
    case "xmp": return readXmp(data, at: place)
    case "exif", "app1": return readExif(data.starts(with: "Exif\0\0") ? data.sub(6) : data, at: place)
    case "iptc", "8bim": return findIptc(data, at: place).flatMap { readIptc($0.data, at: place) }
    default: return []
    }
}
