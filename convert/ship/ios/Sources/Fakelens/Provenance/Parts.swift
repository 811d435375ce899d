import Foundation

enum PartKind {
    case c2pa, xmp, exif, iptc, text, trailer
}

/// A part of an image file that may speak.
struct Part {
    let kind: PartKind
    let data: Bytes
    let place: String
    var key = "Comment"  // of a text
    var isPacked = false  // by deflate
    var tags: Tags?  // of a TIFF file, all over which they lie
}

let mostParts = 5_000  // of one file; a file has a handful
let mostPartBytes = 8 << 20
let mostSteps = 50_000  // segments, chunks, blocks or boxes of one file
let mostTextBytes = 1 << 20  // of one text

/// Returns the IPTC datasets inside Photoshop's image resources.
func findIptc(_ photoshop: Bytes, at place: String) -> [Part] {
    var found = [Part]()
    var at = 0
    while photoshop.starts(with: "8BIM", at: at) {
        var end = at + 7 + Int(photoshop[at + 6])
        end += (end - at) % 2
        let length = photoshop.length(end, 4)
        if photoshop.number(at + 4, 2) == 0x0404 {
            found.append(Part(kind: .iptc, data: photoshop.sub(end + 4, end + 4 + length), place: place))
        }
        at = end + 4 + length + length % 2
    }
    return found
}
