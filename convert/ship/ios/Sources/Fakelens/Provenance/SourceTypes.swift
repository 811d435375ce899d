import Foundation

private let bases = ["://cv.iptc.org/newscodes/digitalsourcetype/", "://c2pa.org/digitalsourcetype/"]
private let meanings: [String: (Strength, String)] = [
    "trainedAlgorithmicMedia": (.declaresGenerated, "made by generative AI"),
    "trainedAlgorithmicData": (.declaresGenerated, "made by generative AI"),
    "compositeWithTrainedAlgorithmicMedia": (.declaresEdited, "edited with generative AI"),
    "compositeSynthetic": (.declaresEdited, "a composite with synthetic parts"),
    "digitalCapture": (.speaksForACamera, "captured by a digital camera"),
    "computationalCapture": (.speaksForACamera, "captured by a camera that computes"),
    "compositeCapture": (.speaksForACamera, "a composite of captured pictures"),
    "negativeFilm": (.speaksForACamera, "scanned from film"),
    "positiveFilm": (.speaksForACamera, "scanned from film"),
    "print": (.speaksForACamera, "scanned from a print"),
    "algorithmicMedia": (.note, "made by an algorithm that was not trained, which is not AI"),
    "algorithmicallyEnhanced": (.note, "enhanced by an algorithm"),
]

/// What the address of a digital source type (IPTC newscodes, and C2PA's additions) says.
struct SourceType {
    let strength: Strength
    let meaning: String
    let name: String
}

/// Returns what the address `value` says; nil where it is none.
func readSourceType(_ value: String) -> SourceType? {
    for base in bases {
        guard let range = value.range(of: base) else { continue }
        let name = String(value[range.upperBound...])
        if name.isEmpty { return nil }
        let (strength, meaning) = meanings[name] ?? (.note, "of a kind that says nothing of AI or cameras")
        return SourceType(strength: strength, meaning: meaning, name: name)
    }
    return nil
}
