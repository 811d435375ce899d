import Foundation

@testable import Fakelens

/// The pictures that `fakelens ship` wrote, and what the Python side says of them.
struct Vectors: Decodable {
    struct Tile: Decodable {
        let left: Int
        let top: Int
        let pFake: Double
        let weight: Double

        enum CodingKeys: String, CodingKey {
            case left, top, weight
            case pFake = "p_fake"
        }
    }

    struct View: Decodable {
        let name: String
        let pFake: Double

        enum CodingKeys: String, CodingKey {
            case name
            case pFake = "p_fake"
        }
    }

    struct Picture: Decodable {
        let file: String
        let width: Int
        let height: Int
        let pFake: Double
        let verdict: Label
        let tiles: [Tile]
        let views: [View]
        let reason: Reason?

        enum CodingKeys: String, CodingKey {
            case file, width, height, verdict, tiles, views, reason
            case pFake = "p_fake"
        }
    }

    let modelSha256: String
    let tolerance: Double
    let images: [Picture]

    enum CodingKeys: String, CodingKey {
        case tolerance, images
        case modelSha256 = "model_sha256"
    }

    static func read() throws -> Vectors {
        try JSONDecoder().decode(Vectors.self, from: try readFile("vectors.json"))
    }

    static func readFile(_ name: String) throws -> Data {
        #if SWIFT_PACKAGE
            let folder = Bundle.module.url(forResource: "vectors", withExtension: nil)
        #else
            let bundle = Bundle(for: ParityTests.self)
            let folder = bundle.url(forResource: "FakelensTests", withExtension: "bundle")
        #endif
        guard let folder else { throw CocoaError(.fileNoSuchFile) }
        return try Data(contentsOf: folder.appendingPathComponent(name))
    }
}
