import Foundation

private let mostDepth = 32
private let mostItems = 50_000

/// What an assertion holds: of CBOR (RFC 8949) or JSON, as much as is asked for here.
enum Value {
    case number(Int64), text(String), bytes(Bytes), list([Value]), map([String: Value]), nothing
    case end  // of a list or map whose length is not told

    var asText: String {
        if case .text(let text) = self { return text }
        return ""
    }

    var asList: [Value] {
        if case .list(let items) = self { return items }
        return []
    }

    var asMap: [String: Value]? {
        if case .map(let fields) = self { return fields }
        return nil
    }

    fileprivate var isEnd: Bool {
        if case .end = self { return true }
        return false
    }

    /// The name of a program, which stands as text, as a map, or as a list of maps.
    var name: String {
        let one = asList.first ?? self
        return one.asMap?["name"]?.asText ?? one.asText
    }
}

/// The data are damaged, or nested or numerous beyond the bounds.
struct CborError: Error {}

/// Returns the first item of `data`; keys of maps, text or numbers, as text, numbers with a point as nothing.
///
/// Other keys are left out with what stands under them, and tags.
func decodeCbor(_ data: Bytes) throws -> Value {
    var decoder = CborDecoder(data: data)
    let item = try decoder.decode(depth: 0)
    if item.isEnd { throw CborError() }
    return item
}

private struct CborDecoder {
    let data: Bytes
    var at = 0
    var items = 0

    init(data: Bytes) {
        self.data = data
    }

    mutating func decode(depth: Int) throws -> Value {
        items += 1
        if depth > mostDepth || items > mostItems { throw CborError() }
        let first = try take(1)[0]
        let (major, info) = (first >> 5, first & 31)
        if major == 7 { return try decodeSimple(info) }
        if info == 31 { return try decodeOpen(major, depth: depth) }
        let count = try takeNumber(info)
        switch major {
        case 0: return .number(count)
        case 1: return .number(-1 &- count)
        case 2: return .bytes(try take(count))
        case 3: return .text(try take(count).utf8())
        case 4: return .list(try decodeSome(count, depth: depth))
        case 5: return toMap(try decodeSome(count &* 2, depth: depth))
        default: return try decode(depth: depth + 1)
        }
    }

    private mutating func decodeSome(_ count: Int64, depth: Int) throws -> [Value] {
        if count < 0 || count > mostItems { throw CborError() }
        var found = [Value]()
        for _ in 0..<count {
            let item = try decode(depth: depth + 1)
            if item.isEnd { throw CborError() }
            found.append(item)
        }
        return found
    }

    private mutating func decodeOpen(_ major: UInt8, depth: Int) throws -> Value {
        if major < 2 || major > 5 { throw CborError() }
        var found = [Value]()
        while true {
            let item = try decode(depth: depth + 1)
            if item.isEnd { break }
            found.append(item)
        }
        switch major {
        case 3: return .text(found.map(\.asText).joined())
        case 4: return .list(found)
        case 5: return toMap(found)
        default: return .nothing
        }
    }

    private mutating func decodeSimple(_ info: UInt8) throws -> Value {
        if info == 31 { return .end }
        if (24...27).contains(info) { _ = try take(Int64(1) << Int64(info - 24)) }
        return .nothing
    }

    private mutating func takeNumber(_ info: UInt8) throws -> Int64 {
        if info < 24 { return Int64(info) }
        if info > 27 { throw CborError() }
        let size = 1 << Int(info - 24)
        return Int64(bitPattern: try take(Int64(size)).number(0, size))
    }

    private mutating func take(_ count: Int64) throws -> Bytes {
        if count < 0 || count > data.count - at { throw CborError() }
        at += Int(count)
        return data.sub(at - Int(count), at)
    }
}

private func toMap(_ flat: [Value]) -> Value {
    var fields = [String: Value]()
    for at in stride(from: 0, to: flat.count, by: 2) {
        let value = at + 1 < flat.count ? flat[at + 1] : .nothing
        switch flat[at] {
        case .text(let text): fields[text] = value
        case .number(let number): fields["\(number)"] = value
        default: continue
        }
    }
    return .map(fields)
}

/// Returns the JSON in `text`; nothing where it is damaged or nested deep.
func decodeJson(_ text: String) -> Value {
    let brackets = text.utf8.filter { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") }.count
    if brackets > mostItems { return .nothing }
    guard let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) else { return .nothing }
    return toValue(json, depth: 0)
}

private func toValue(_ json: Any, depth: Int) -> Value {
    if depth > mostDepth { return .nothing }
    if let text = json as? String { return .text(text) }
    if let items = json as? [Any] { return .list(items.map { toValue($0, depth: depth + 1) }) }
    if let fields = json as? [String: Any] { return .map(fields.mapValues { toValue($0, depth: depth + 1) }) }
    if let number = json as? NSNumber { return .number(number.int64Value) }
    return .nothing
}
