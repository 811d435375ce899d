import Foundation

private let tailBytes = 256 << 10
private let adobe = "http://ns.adobe.com"  // a name, which is never loaded
private let xmpName = "\(adobe)/xap/1.0/\0"
private let moreXmpName = "\(adobe)/xmp/extension/\0"
private let photoshopName = "Photoshop 3.0\0"
private let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
private let webpKinds: [String: PartKind] = ["EXIF": .exif, "XMP ": .xmp, "C2PA": .c2pa]

/// Returns the parts of the image file `file`, whatever its name; none where it is no image.
func readParts(_ file: Bytes) -> [Part] {
    let jpegSignature: [UInt8] = [0xFF, 0xD8, 0xFF]
    let parts: [Part]
    if file.starts(with: jpegSignature) {
        parts = readJpeg(file)
    } else if file.starts(with: pngSignature) {
        parts = readPng(file)
    } else if file.starts(with: "RIFF") && file.starts(with: "WEBP", at: 8) {
        parts = readWebp(file)
    } else if file.starts(with: "GIF87a") || file.starts(with: "GIF89a") {
        parts = readGif(file)
    } else if file.starts(with: "II*\0") || file.starts(with: "MM\0*") {
        parts = readTiff(file)
    } else {
        parts = file.starts(with: "ftyp", at: 4) ? readBmff(file) : []
    }
    return Array(parts.prefix(mostParts))
}

private struct Piece {
    let order: UInt64
    let data: Bytes
    let at: Int
}

private func readJpeg(_ file: Bytes) -> [Part] {
    var parts = [Part]()
    var boxes = [[Piece]]()
    var boxIndex = [[UInt8]: Int]()  // by number and kind
    var moreXmp = [Piece]()
    var photoshop = [Piece]()
    var at = 2
    for _ in 0..<mostSteps where at + 4 <= file.count {
        if file[at] != 0xFF {  // junk, which decoders pass over up to the next marker
            at = file.find(0xFF, from: at)
            continue
        }
        let marker = file[at + 1]
        if marker == 0xFF {  // padding
            at += 1
            continue
        }
        if marker <= 0x01 || (0xD0...0xD8).contains(marker) {  // without a length; 0x00 is none, but junk
            at += 2
            continue
        }
        let length = file.length(at + 2, 2)
        if marker == 0xDA || length < 2 { break }  // the first scan
        let data = file.sub(at + 4, at + 2 + length)
        let name = marker == 0xFE ? "COM" : "APP\(Int(marker) - 0xE0)"
        let place = "JPEG segment \(name) at byte \(at)"
        if marker == 0xFE {
            parts.append(Part(kind: .text, data: data, place: place))
        } else if marker == 0xE1 && data.starts(with: "Exif\0") {
            parts.append(Part(kind: .exif, data: data.sub(6), place: place))
        } else if marker == 0xE1 && data.starts(with: xmpName) {
            parts.append(Part(kind: .xmp, data: data.sub(xmpName.utf8.count), place: place))
        } else if marker == 0xE1 && data.starts(with: moreXmpName) {
            moreXmp.append(Piece(order: 0, data: data.sub(moreXmpName.utf8.count + 40), at: at))
        } else if marker == 0xEB && data.starts(with: "JP") {
            let piece = Piece(order: data.number(4, 4), data: data.sub(8), at: at)
            let box = Array(data.sub(2, 4).content) + Array(data.sub(12, 16).content)
            if let index = boxIndex[box] {
                boxes[index].append(piece)
            } else {
                boxIndex[box] = boxes.count
                boxes.append([piece])
            }
        } else if marker == 0xED && data.starts(with: photoshopName) {
            photoshop.append(Piece(order: 0, data: data.sub(photoshopName.utf8.count), at: at))
        }
        at += 2 + length
    }
    parts += boxes.map(joinBoxes)
    if let first = moreXmp.first {
        let data = join(moreXmp.map(\.data))
        parts.append(Part(kind: .xmp, data: data, place: "JPEG segment APP1 at byte \(first.at)"))
    }
    if let first = photoshop.first {
        parts += findIptc(join(photoshop.map(\.data)), at: "JPEG segment APP13 at byte \(first.at)")
    }
    return parts + readTail(file, scanAt: at)
}

private func joinBoxes(_ found: [Piece]) -> Part {
    let pieces = found.sorted { $0.order < $1.order }
    let first = pieces[0]
    let head = first.data.number(0, 4) == 1 ? 16 : 8  // each further piece repeats the head of the box
    let data = join([first.data] + pieces.dropFirst().map { $0.data.sub(head) })
    return Part(kind: .c2pa, data: data, place: "JPEG segment APP11 at byte \(first.at)")
}

/// Returns what Samsung's phones write behind the picture, and boxes that FLUX's makers append there.
private func readTail(_ file: Bytes, scanAt: Int) -> [Part] {
    let start = max(scanAt, file.count - tailBytes)
    let tail = file.sub(start)
    var parts = [Part]()
    if tail.count >= 4 && tail.starts(with: "SEFT", at: tail.count - 4) {
        parts.append(Part(kind: .trailer, data: tail, place: "JPEG trailer"))
    }
    var end = tail.find(0xFF)
    while end < tail.count {
        let isLoose = tail[end + 1] == 0xD9 && tail.starts(with: "jumb", at: end + 6)
        if isLoose && tail.starts(with: "jumd", at: end + 14) {
            let place = "JPEG trailer at byte \(start + end + 2)"
            parts.append(Part(kind: .c2pa, data: tail.sub(end + 2), place: place))
            break
        }
        end = tail.find(0xFF, from: end + 1)
    }
    return parts
}

private func readPng(_ file: Bytes) -> [Part] {
    var parts = [Part]()
    var at = 8
    for _ in 0..<mostSteps where at + 8 <= file.count {
        let length = file.length(at, 4)
        let name = file.sub(at + 4, at + 8).latin1()
        let place = "PNG chunk \(name) at byte \(at)"
        let data = file.sub(at + 8, at + 8 + min(length, mostPartBytes))
        switch name {
        case "tEXt", "zTXt", "iTXt":
            parts.append(readText(name, data, place))
        case "eXIf":
            parts.append(Part(kind: .exif, data: withoutName(data), place: place))
        case "caBX":
            parts.append(Part(kind: .c2pa, data: data, place: place))
        case "IEND":
            let trailer = file.sub(at + 12, at + 12 + tailBytes)
            if trailer.starts(with: "jumb", at: 4) {
                parts.append(Part(kind: .c2pa, data: trailer, place: "PNG trailer at byte \(at + 12)"))
            }
            return parts
        default:
            break
        }
        at += 12 + length
    }
    return parts
}

private func withoutName(_ data: Bytes) -> Bytes {
    data.starts(with: "Exif\0\0") ? data.sub(6) : data
}

private func readText(_ name: String, _ data: Bytes, _ place: String) -> Part {
    let end = data.find(0)
    let key = data.sub(0, min(end, 79)).latin1()
    var text = data.sub(end + 1)
    var isPacked = name == "zTXt"
    if isPacked {
        text = text.sub(1)
    } else if name == "iTXt" {
        isPacked = text[0] == 1
        text = text.sub(2)
        for _ in ["language", "translated key"] { text = text.sub(text.find(0) + 1) }
    } else if text.utf8().unicodeScalars.contains("\u{FFFD}") {
        text = Bytes(Array(text.latin1().utf8))
    }
    let kind: PartKind = key == "XML:com.adobe.xmp" ? .xmp : .text
    return Part(kind: kind, data: text, place: place, key: key, isPacked: isPacked)
}

private func readWebp(_ file: Bytes) -> [Part] {
    var parts = [Part]()
    var at = 12
    for _ in 0..<mostSteps where at + 8 <= file.count {
        let name = file.sub(at, at + 4).latin1()
        let length = file.length(at + 4, 4, little: true)
        if let kind = webpKinds[name] {
            let place = "WebP chunk \(name.trimmingCharacters(in: .whitespaces)) at byte \(at)"
            let data = withoutName(file.sub(at + 8, at + 8 + min(length, mostPartBytes)))
            parts.append(Part(kind: kind, data: data, place: place))
        }
        at += 8 + length + length % 2
    }
    return parts
}

private func readGif(_ file: Bytes) -> [Part] {
    var parts = [Part]()
    var at = 13 + tableBytes(file[10])
    for _ in 0..<mostSteps where at + 2 <= file.count {
        let place = "GIF extension at byte \(at)"
        if file[at] == 0x2C {
            at = findEnd(file, at + 11 + tableBytes(file[at + 9]))
            continue
        }
        if file[at] != 0x21 { break }
        let isApplication = file[at + 1] == 0xFF
        if file[at + 1] == 0xFE {
            parts.append(Part(kind: .text, data: joinBlocks(file, at + 2), place: place))
            at = findEnd(file, at + 2)
        } else if isApplication && file.starts(with: "XMP DataXMP", at: at + 3) {
            let end = findEnd(file, at + 14)  // unblocked, before a trailer of 257 bytes
            parts.append(Part(kind: .xmp, data: file.sub(at + 14, end - 257), place: place))
            at = end
        } else if isApplication && file.starts(with: "C2PA_GIF", at: at + 3) {
            parts.append(Part(kind: .c2pa, data: joinBlocks(file, at + 14), place: place))
            at = findEnd(file, at + 14)
        } else {
            at = findEnd(file, at + 2)
        }
    }
    return parts
}

private func tableBytes(_ flags: UInt8) -> Int {
    flags & 0x80 != 0 ? 3 << (Int(flags & 7) + 1) : 0
}

private func joinBlocks(_ file: Bytes, _ start: Int) -> Bytes {
    var pieces = [Bytes]()
    var at = start
    for _ in 0..<mostSteps where file[at] != 0 {
        let next = at + 1 + Int(file[at])
        pieces.append(file.sub(at + 1, next))
        at = next
    }
    return join(pieces).sub(0, mostPartBytes)
}

private func findEnd(_ file: Bytes, _ start: Int) -> Int {
    var at = start
    for _ in 0..<mostSteps where file[at] != 0 { at += 1 + Int(file[at]) }
    return at + 1
}
