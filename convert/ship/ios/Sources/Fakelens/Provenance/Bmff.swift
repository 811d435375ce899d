import Foundation

private let c2paUuid: [UInt8] = [
    0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81,
]
private let xmpUuid: [UInt8] = [
    0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC,
]
private let mostMetaBytes = 1 << 20
private let mostExtents = 16  // of an item
private let mostReadBytes = 32 << 20  // of all items of a file

private struct Box {
    let name: String
    let at: Int
    let data: Bytes
}

private struct Item {
    let number: UInt64
    let kind: PartKind
    var extents = [(offset: Int, length: Int)]()
}

/// Returns the parts of a HEIF or AVIF file.
func readBmff(_ file: Bytes) -> [Part] {
    var parts = [Part]()
    var bytesLeft = mostReadBytes
    for box in walk(file) {
        let place = "box \(box.name) at byte \(box.at)"
        let content = box.data.sub(16, 16 + mostPartBytes)  // behind the identifier
        if box.name == "meta" {
            parts += readMeta(file, box.data.sub(4, mostMetaBytes), box.at, &bytesLeft)
        } else if box.name == "uuid" && box.data.starts(with: xmpUuid) {
            parts.append(Part(kind: .xmp, data: content, place: place))
        } else if box.name == "uuid" && box.data.starts(with: c2paUuid) {
            // Version, the purpose, an offset of 8 bytes.
            let data = content.sub(content.find(0, from: 4) + 9)
            parts.append(Part(kind: .c2pa, data: data, place: place))
        }
    }
    return parts
}

private func walk(_ bytes: Bytes) -> [Box] {
    var boxes = [Box]()
    var at = 0
    for _ in 0..<mostSteps where at + 8 <= bytes.count {
        let head = bytes.number(at, 4) == 1 ? 16 : 8
        var length = head == 16 ? bytes.length(at + 8, 8) : bytes.length(at, 4)
        if length == 0 { length = bytes.count - at }
        if length < head { break }
        let name = bytes.sub(at + 4, at + 8).latin1()
        boxes.append(Box(name: name, at: at, data: bytes.sub(at + head, at + length)))
        at += length
    }
    return boxes
}

private func readMeta(_ file: Bytes, _ meta: Bytes, _ at: Int, _ bytesLeft: inout Int) -> [Part] {
    let boxes = walk(meta)
    var items = [Item]()
    if let iinf = boxes.last(where: { $0.name == "iinf" }) { items = findItems(iinf.data) }
    if let iloc = boxes.last(where: { $0.name == "iloc" }) { locateItems(iloc.data, &items) }
    var parts = [Part]()
    for item in items {
        var data = joinExtents(file, item.extents, most: min(mostTextBytes, bytesLeft))
        bytesLeft -= data.count
        if item.kind == .exif { data = data.sub(4 + data.length(0, 4)) }  // where the TIFF structure begins
        let place = "item \(item.number) of box meta at byte \(at)"
        parts.append(Part(kind: item.kind, data: data, place: place))
    }
    return parts
}

/// Returns the first `most` bytes of an item, whose extents are as wild as they like: others may stand behind.
private func joinExtents(_ file: Bytes, _ extents: [(offset: Int, length: Int)], most: Int) -> Bytes {
    var pieces = [Bytes]()
    var left = most
    for extent in extents {
        let piece = file.sub(extent.offset, extent.offset + min(extent.length, left))
        pieces.append(piece)
        left -= piece.count
    }
    return join(pieces)
}

private func findItems(_ iinf: Bytes) -> [Item] {
    var items = [Item]()
    for box in walk(iinf.sub(iinf[0] != 0 ? 8 : 6)) {
        let data = box.data
        if box.name != "infe" || (data[0] != 2 && data[0] != 3) { continue }
        let wide = data[0] == 2 ? 2 : 4
        let number = data.number(4, wide)
        let rest = data.sub(10 + wide)
        if data.starts(with: "Exif", at: 6 + wide) {
            items.append(Item(number: number, kind: .exif))
        } else if data.starts(with: "mime", at: 6 + wide)
            && rest.starts(with: "application/rdf+xml", at: rest.find(0) + 1)
        {
            items.append(Item(number: number, kind: .xmp))
        }
    }
    return items
}

/// Fills the extents of `items`; those inside other boxes than the file are left out.
private func locateItems(_ iloc: Bytes, _ items: inout [Item]) {
    let version = iloc[0]
    var at = 4
    var steps = 0
    func take(_ size: Int) -> Int {
        at += size
        return iloc.length(at - size, size)
    }
    let sizes = take(2)
    let (offsetBytes, lengthBytes) = (sizes >> 12 & 15, sizes >> 8 & 15)
    let (baseBytes, indexBytes) = (sizes >> 4 & 15, sizes & 15)
    let wide = version < 2 ? 2 : 4
    let places = Dictionary(items.indices.map { (items[$0].number, $0) }, uniquingKeysWith: { first, _ in first })
    for _ in 0..<take(wide) {
        steps += 1
        if at >= iloc.count || steps > mostSteps { return }
        let number = UInt64(take(wide))
        let method = version != 0 ? take(2) & 15 : 0
        _ = take(2)  // data reference
        let base = take(baseBytes)
        let index = places[number]
        for _ in 0..<take(2) {
            steps += 1
            if at >= iloc.count || steps > mostSteps { return }
            if version != 0 { _ = take(indexBytes) }
            let offset = base + take(offsetBytes)
            let length = take(lengthBytes)
            if let index, method == 0, items[index].extents.count < mostExtents {
                items[index].extents.append((offset: offset, length: length))
            }
        }
    }
}
