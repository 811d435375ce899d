import Foundation

#if canImport(Compression)
    import Compression
#endif

private let mostLength = 1 << 29  // that a file can declare: no file here is so long

/// A part of an array, of which nothing is copied; beyond its end there are zeros and nothing.
struct Bytes {
    private let array: [UInt8]
    private let from: Int
    let count: Int

    init(_ array: [UInt8]) {
        self.init(array, from: 0, count: array.count)
    }

    private init(_ array: [UInt8], from: Int, count: Int) {
        self.array = array
        self.from = from
        self.count = count
    }

    subscript(at: Int) -> UInt8 { at >= 0 && at < count ? array[from + at] : 0 }

    var content: ArraySlice<UInt8> { array[from..<from + count] }

    /// Returns the part from `start` to `end`, as much of it as is there.
    func sub(_ start: Int, _ end: Int = Int.max) -> Bytes {
        let first = min(max(start, 0), count)
        return Bytes(array, from: from + first, count: min(max(end, first), count) - first)
    }

    func number(_ at: Int, _ size: Int, little: Bool = false) -> UInt64 {
        var value: UInt64 = 0
        for index in 0..<size {
            value = value << 8 | UInt64(self[little ? at + size - 1 - index : at + index])
        }
        return value
    }

    /// Returns a number that is a length or an offset; a larger one than any file has is cut.
    func length(_ at: Int, _ size: Int, little: Bool = false) -> Int {
        Int(min(number(at, size, little: little), UInt64(mostLength)))
    }

    func latin1() -> String {
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: content.map { Unicode.Scalar($0) })
        return String(scalars)
    }

    func utf8() -> String { String(decoding: content, as: UTF8.self) }

    func utf16(little: Bool) -> String {
        let units = (0..<count / 2).map { UInt16(number(2 * $0, 2, little: little)) }
        return String(decoding: units, as: UTF16.self)
    }

    func starts(with text: String, at: Int = 0) -> Bool { starts(with: Array(text.utf8), at: at) }

    func starts(with bytes: [UInt8], at: Int = 0) -> Bool {
        sub(at, at + bytes.count).content.elementsEqual(bytes)
    }

    /// Returns where the next `byte` is; the end where there is none.
    func find(_ byte: UInt8, from start: Int = 0) -> Int {
        var at = max(start, 0)
        while at < count && array[from + at] != byte { at += 1 }
        return at
    }

    /// Returns the first `most` bytes that these inflate to; nothing where they are damaged.
    func inflate(most: Int) -> Bytes {
        #if canImport(Compression)
            let packed = Array(content.prefix(most).dropFirst(2))  // behind the head of zlib
            guard !packed.isEmpty else { return Bytes([]) }
            var inflated = [UInt8](repeating: 0, count: most)
            let size = compression_decode_buffer(
                &inflated, most, packed, packed.count, nil, COMPRESSION_ZLIB)
            return Bytes(Array(inflated.prefix(size)))
        #else
            return Bytes([])  // only Apple's systems bring the library
        #endif
    }
}

func join(_ pieces: [Bytes]) -> Bytes {
    Bytes(pieces.flatMap { Array($0.content) })
}
