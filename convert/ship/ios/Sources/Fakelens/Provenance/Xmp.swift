import Foundation

private let mostBytes = 1 << 20
private let headBytes = 100  // among which a declaration names its encoding
private let mostValues = 50_000  // of Photoshop's lists of ancestors there are thousands
private let mostValueBytes = 64 << 10
private let literalBegin = "<![CDATA["
private let literalEnd = "]]>"
private let ownerAmong = 4  // open elements: a text belongs to the innermost that is not RDF's own
private let extensionSpace = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
private let rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
private let sourceTypes: Set<String> = ["DigitalSourceType", "DigitalSourceFileType"]  // the second is Google's
private let aiFields = ["AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName"]
private let entities = ["lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'"]
private let mostEntityBytes = 9
let credentialsNamed = "names Content Credentials that the file does not hold: stripped, or kept elsewhere"

private struct Property {
    let space: String
    let name: String
    let value: String
}

/// Returns what the XMP packet `data` says.
func readXmp(_ data: Bytes, at place: String) -> [Evidence] {
    var reader = XmpReader(decodePacket(data))
    let properties = reader.read()
    var found = properties.flatMap { judge($0, at: place) }
    let named = aiFields.compactMap { field in
        properties.first { $0.space == extensionSpace && $0.name == field }?.value
    }
    if !named.isEmpty {
        let isEdited = found.contains { $0.strength == .declaresEdited }
        let what = "its XMP names the AI system or the prompt behind the picture"
        let words = named.joined(separator: "; ")
        found.append(
            Evidence(.xmp, isEdited ? .declaresEdited : .declaresGenerated, what, words: words, at: place))
    }
    return dropRepeated(found)
}

/// Returns a packet in UTF-8; bytes of another encoding, as old programs write them into a title, are passed over.
private func decodePacket(_ data: Bytes) -> Bytes {
    let packet = data.sub(data.find(UInt8(ascii: "<")), mostBytes)
    let isWide = packet.count > 1 && packet[1] == 0
    var text = isWide ? packet.utf16(little: true) : packet.utf8()
    if text.unicodeScalars.contains("\u{FFFD}") && namesLatin1(packet) { text = packet.latin1() }
    var known = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { known.append(isXml(scalar) ? scalar : "\u{FFFD}") }
    return Bytes(Array(String(known).utf8))
}

/// Whether a packet says that it is in Latin-1: often wrong, and asked where it is no UTF-8.
private func namesLatin1(_ packet: Bytes) -> Bool {
    let head = packet.sub(0, headBytes).latin1().lowercased()
    return head.hasPrefix("<?xml") && head.contains("iso-8859-1")
}

/// Whether XML knows the character.
private func isXml(_ scalar: Unicode.Scalar) -> Bool {
    let code = scalar.value
    return (code >= 0x20 || [0x09, 0x0A, 0x0D].contains(code)) && code != 0xFFFE && code != 0xFFFF
}

private func judge(_ property: Property, at place: String) -> [Evidence] {
    let (space, name, value) = (property.space, property.name, property.value)
    if space == extensionSpace && sourceTypes.contains(name) {
        guard let read = readSourceType(value) else { return [] }
        let what = "its XMP gives the source type: \(read.meaning)"
        return [Evidence(.xmp, read.strength, what, words: read.name, at: place)]
    }
    if name == "AIGC" && space.lowercased().contains("tc260") {
        return judgeAigcLabel(value, .xmp, at: place)
    }
    if name == "Credit" && space.contains("photoshop") { return judgeCredit(value, .xmp, at: place) }
    if name == "CreatorTool" && space == "http://ns.adobe.com/xap/1.0/" {
        return judgeSoftware(value, .xmp, at: place)
    }
    if name == "description" && space == "http://purl.org/dc/elements/1.1/" {
        return judgeDescription(value, .xmp, at: place)
    }
    if name == "provenance" && space == "http://purl.org/dc/terms/" {
        return [Evidence(.xmp, .note, credentialsNamed, words: value, at: place)]
    }
    return []
}

private struct Name {
    let space: String?
    let local: String
}

/// Reads the properties of a packet, those before the damage where it is damaged or cut.
///
/// A small reader of its own: XMLParser gives no attributes of several namespaces, and expands entities. A document
/// type ends the reading, since XMP has none and an attack has.
private struct XmpReader {
    private let bytes: Bytes
    private var at = 0
    private var words = [UInt8]()
    private var elements = [(name: Name, declared: [String])]()
    private var spaces = [String: [String]]()  // by prefix, the innermost last
    private var properties = [Property]()

    init(_ bytes: Bytes) {
        self.bytes = bytes
    }

    mutating func read() -> [Property] {
        while at < bytes.count && properties.count < mostValues {
            let isRead: Bool
            if bytes[at] != UInt8(ascii: "<") {
                isRead = readWords()
            } else if bytes.starts(with: "<!--", at: at) {
                isRead = skip(to: "-->")
            } else if bytes.starts(with: "<?", at: at) {
                isRead = skip(to: "?>")
            } else if bytes.starts(with: literalBegin, at: at) {
                isRead = readLiteral()
            } else {
                isRead = readTag()
            }
            if !isRead { break }
        }
        return properties
    }

    private mutating func readWords() -> Bool {
        let end = bytes.find(UInt8(ascii: "<"), from: at)
        if words.count < mostValueBytes { words += Array(decodeEntities(Array(bytes.sub(at, end).content)).utf8) }
        at = end
        return true
    }

    private mutating func readLiteral() -> Bool {
        let start = at + literalBegin.utf8.count
        at = start
        guard skip(to: literalEnd) else { return false }
        if words.count < mostValueBytes { words += Array(bytes.sub(start, at - literalEnd.utf8.count).content) }
        return true
    }

    private mutating func skip(to mark: String) -> Bool {
        let last = Array(mark.utf8)
        while at < bytes.count && !bytes.starts(with: last, at: at) { at = bytes.find(last[0], from: at + 1) }
        at += last.count
        return at <= bytes.count
    }

    /// Reads `<name key="value">`, `<name/>` or `</name>`; false where it is none.
    private mutating func readTag() -> Bool {
        at += 1
        let isEnd = bytes[at] == UInt8(ascii: "/")
        if isEnd { at += 1 }
        guard let tag = takeName() else { return false }
        var pairs = [(key: String, value: String)]()
        skipBlanks()
        while bytes[at] != UInt8(ascii: ">") && bytes[at] != UInt8(ascii: "/") {
            guard let pair = takeAttribute() else { return false }
            pairs.append(pair)
            skipBlanks()
        }
        let isSingle = bytes[at] == UInt8(ascii: "/")
        if isSingle { at += 1 }
        guard bytes[at] == UInt8(ascii: ">") else { return false }
        at += 1
        if !isEnd { begin(tag, pairs) }
        if isEnd || isSingle { end() }
        return true
    }

    private mutating func takeName() -> String? {
        let start = at
        let stops = Array("<>/=!?\"' \t\r\n\0".utf8)
        while at < bytes.count && !stops.contains(bytes[at]) { at += 1 }
        return at > start ? bytes.sub(start, at).utf8() : nil
    }

    private mutating func takeAttribute() -> (key: String, value: String)? {
        guard let key = takeName() else { return nil }
        skipBlanks()
        guard bytes[at] == UInt8(ascii: "=") else { return nil }
        at += 1
        skipBlanks()
        let mark = bytes[at]
        guard mark == UInt8(ascii: "\"") || mark == UInt8(ascii: "'") else { return nil }
        let end = bytes.find(mark, from: at + 1)
        let value = bytes.sub(at + 1, end)
        guard end < bytes.count, value.find(UInt8(ascii: "<")) == value.count else { return nil }
        at = end + 1
        return (key, decodeEntities(Array(value.content)))
    }

    private mutating func skipBlanks() {
        while [0x20, 0x09, 0x0D, 0x0A].contains(bytes[at]) { at += 1 }
    }

    private mutating func begin(_ tag: String, _ pairs: [(key: String, value: String)]) {
        var declared = [String]()
        for pair in pairs where pair.key == "xmlns" || pair.key.hasPrefix("xmlns:") {
            let prefix = String(pair.key.dropFirst("xmlns:".count))
            spaces[prefix, default: []].append(pair.value)
            declared.append(prefix)
        }
        let owner = resolve(tag, isElement: true)
        words = []
        elements.append((name: owner, declared: declared))
        for pair in pairs {  // an address may stand as an attribute of the property's element
            let name = resolve(pair.key, isElement: false)
            add(name.space == rdf && name.local == "resource" ? owner : name, pair.value)
        }
    }

    private mutating func end() {
        if let owner = elements.suffix(ownerAmong).last(where: { $0.name.space != rdf }) {
            add(owner.name, String(decoding: words, as: UTF8.self))
        }
        words = []
        for prefix in elements.popLast()?.declared ?? [] { _ = spaces[prefix]?.popLast() }
    }

    /// Returns a name with its namespace, where it has one; attributes have none by default.
    private func resolve(_ name: String, isElement: Bool) -> Name {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let prefix = parts.count == 2 ? String(parts[0]) : ""
        guard parts.count == 2 || isElement, let space = spaces[prefix]?.last, !space.isEmpty
        else { return Name(space: nil, local: name) }
        return Name(space: space, local: String(parts[parts.count - 1]))
    }

    private mutating func add(_ name: Name, _ value: String) {
        let kept = value.trimmingCharacters(in: .whitespacesAndNewlines)
        guard let space = name.space, !kept.isEmpty else { return }
        let cut = String(kept.unicodeScalars.prefix(mostValueBytes))
        properties.append(Property(space: space, name: name.local, value: cut))
    }
}

private func decodeEntities(_ bytes: [UInt8]) -> String {
    var decoded = [UInt8]()
    var at = 0
    while at < bytes.count {
        let rest = bytes[at...].prefix(mostEntityBytes + 1)
        if bytes[at] == UInt8(ascii: "&"), let end = rest.firstIndex(of: UInt8(ascii: ";")),
            let text = decodeEntity(String(decoding: bytes[(at + 1)..<end], as: UTF8.self))
        {
            decoded += Array(text.utf8)
            at = end + 1
        } else {
            decoded.append(bytes[at])
            at += 1
        }
    }
    return String(decoding: decoded, as: UTF8.self)
}

private func decodeEntity(_ name: String) -> String? {
    guard name.hasPrefix("#") else { return entities[name] }
    let isHex = name.hasPrefix("#x")
    guard let code = UInt32(name.dropFirst(isHex ? 2 : 1), radix: isHex ? 16 : 10),
        let scalar = Unicode.Scalar(code)
    else { return nil }
    return String(Character(scalar))
}
