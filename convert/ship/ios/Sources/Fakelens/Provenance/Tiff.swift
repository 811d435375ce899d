import Foundation

private let mostTags = 65_535  // of one directory
private let exifDirectory = 0x8769
private let (photoshopTag, c2paTag) = (0x8649, 0xCD41)
private let largeTags = [photoshopTag, c2paTag]  // of a wild length, a text would use up what is read of a file
private let typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4]

/// The tags of a TIFF structure: of its first directory and of its EXIF directory, by number.
struct Tags {
    var values = [Int: Bytes]()
    let isLittle: Bool

    /// Returns a text, up to its first zero byte; empty where there is none.
    func text(_ tag: Int) -> String {
        guard let value = values[tag] else { return "" }
        return value.sub(0, value.find(0)).utf8().trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

func readTags(_ bytes: Bytes) -> Tags {
    var tags = Tags(isLittle: bytes.starts(with: "II*\0"))
    guard bytes.count >= 8, tags.isLittle || bytes.starts(with: "MM\0*") else { return tags }
    readDirectory(bytes, bytes.length(4, 4, little: tags.isLittle), &tags)
    if let pointer = tags.values[exifDirectory], pointer.count >= 4 {
        readDirectory(bytes, pointer.length(0, 4, little: tags.isLittle), &tags)
    }
    return tags
}

private func readDirectory(_ bytes: Bytes, _ start: Int, _ tags: inout Tags) {
    let little = tags.isLittle
    let count = min(bytes.length(start, 2, little: little), mostTags)
    for index in 0..<count {
        let at = start + 2 + 12 * index
        if at + 12 > bytes.count { return }
        let tag = bytes.length(at, 2, little: little)
        let kind = bytes.length(at + 2, 2, little: little)
        let unit = kind < typeBytes.count ? typeBytes[kind] : 0
        let most = largeTags.contains(tag) ? mostPartBytes : mostTextBytes
        let length = min(unit * bytes.length(at + 4, 4, little: little), most)
        let from = length <= 4 ? at + 8 : bytes.length(at + 8, 4, little: little)
        if tags.values[tag] == nil { tags.values[tag] = bytes.sub(from, from + length) }
    }
}

/// Returns the parts of a TIFF file, whose own tags are those of EXIF.
func readTiff(_ file: Bytes) -> [Part] {
    let tags = readTags(file)
    let values = tags.values
    var parts = [Part(kind: .exif, data: Bytes([]), place: "TIFF tags", tags: tags)]
    let others: [(tag: Int, name: String, kind: PartKind)] = [
        (0x02BC, "02BC", .xmp), (0x83BB, "83BB", .iptc), (c2paTag, "CD41", .c2pa),
    ]
    for other in others {
        if let data = values[other.tag] {
            parts.append(Part(kind: other.kind, data: data, place: "TIFF tag 0x\(other.name)"))
        }
    }
    if let photoshop = values[photoshopTag] { parts += findIptc(photoshop, at: "TIFF tag 0x8649") }
    return parts
}
