import Foundation

/// What a statement amounts to, the strongest first.
public enum Strength: String, CaseIterable, Decodable, Sendable {
    case declaresGenerated = "declares-generated"  // the file says that a generator made it
    case declaresEdited = "declares-edited"  // a part of it was made or changed by AI
    case speaksForACamera = "speaks-for-a-camera"  // anybody can write that
    case note  // worth knowing, decides nothing
}

/// Where a statement comes from.
public enum Source: String, Decodable, Sendable {
    case c2pa, xmp, iptc, exif, text, trailer, file
}

/// One statement that a file makes of itself.
public struct Evidence: Hashable, Decodable, Sendable {
    public let source: Source
    public let strength: Strength
    public let what: String  // one sentence of ours
    public let words: String  // the file's own, escaped and cut
    public let `where`: String

    init(_ source: Source, _ strength: Strength, _ what: String, words: String, at place: String) {
        self.source = source
        self.strength = strength
        self.what = what
        self.words = quote(words)
        self.where = place
    }

    /// Returns the same words as another statement.
    func saying(_ what: String, _ strength: Strength) -> Evidence {
        Evidence(source, strength, what, quoted: words, at: self.where)
    }

    private init(_ source: Source, _ strength: Strength, _ what: String, quoted: String, at place: String) {
        self.source = source
        self.strength = strength
        self.what = what
        self.words = quoted
        self.where = place
    }
}

private let mostWords = 160  // characters
private let mostStatements = 100  // of one file that are shown; a file has a handful
private let unprintable: Set<Unicode.GeneralCategory> = [
    .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
    .spaceSeparator,
]

/// Whether the file says that a generator made it: that decides, whatever the pixels.
public func declaresGenerated(_ evidence: [Evidence]) -> Bool {
    evidence.contains { $0.strength == .declaresGenerated }
}

/// Returns `text` fit to be shown: blanks joined, what cannot be printed escaped, cut.
func quote(_ text: String) -> String {
    let words = text.unicodeScalars.prefix(4 * mostWords).split(whereSeparator: isBlank)
    let shown = words.map { word in word.map(escape).joined() }.joined(separator: " ").unicodeScalars
    if shown.count <= mostWords { return String(shown) }
    return String(shown.prefix(mostWords - 1)) + "…"
}

private func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
}

private func escape(_ scalar: Unicode.Scalar) -> String {
    guard unprintable.contains(scalar.properties.generalCategory) else { return String(Character(scalar)) }
    let code = scalar.value
    if code < 0x100 { return "\\x" + hex(code, 2) }
    return code < 0x10000 ? "\\u" + hex(code, 4) : "\\U" + hex(code, 8)
}

private func hex(_ code: UInt32, _ width: Int) -> String {
    let digits = String(code, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

/// Returns `evidence` with a note where it names a camera and a generator.
func addContradictions(_ evidence: [Evidence]) -> [Evidence] {
    guard declaresGenerated(evidence),
        let camera = evidence.first(where: { $0.strength == .speaksForACamera })
    else { return evidence }
    let what = "contradiction: the file names a camera and a generator"
    return evidence + [Evidence(.file, .note, what, words: camera.words, at: "")]
}

/// Returns the strongest of `evidence`, in their order, with a note where there are more than are shown.
func showStrongest(_ evidence: [Evidence]) -> [Evidence] {
    if evidence.count <= mostStatements { return evidence }
    let strongest = Strength.allCases.flatMap { strength in
        evidence.indices.filter { evidence[$0].strength == strength }
    }
    let places = strongest.prefix(mostStatements - 1).sorted()
    let more = group(evidence.count - places.count)
    let note = Evidence(.file, .note, "says \(more) things more, which are not shown", words: "", at: "")
    return places.map { evidence[$0] } + [note]
}

/// Returns a number with a comma before each three digits.
private func group(_ number: Int) -> String {
    let digits = Array(String(number))
    return digits.indices.map { index -> String in
        let isFirst = index == 0 || (digits.count - index) % 3 != 0
        return isFirst ? String(digits[index]) : ",\(digits[index])"
    }.joined()
}

/// Leaves out what was said already, word for word.
func dropRepeated(_ evidence: [Evidence]) -> [Evidence] {
    var seen = Set<Evidence>()
    return evidence.filter { seen.insert($0).inserted }
}
