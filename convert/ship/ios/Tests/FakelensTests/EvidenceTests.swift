import Foundation
import XCTest

@testable import Fakelens

/// The files of the Python side's own tests, and what it says of them.
final class EvidenceTests: XCTestCase {
    private struct Vector: Decodable {
        let name: String
        let file: Data  // in base64, as Foundation decodes it
        let zeros: Int?  // that stand behind it
        let evidence: [Evidence]
    }

    private func readVectors() throws -> [Vector] {
        try JSONDecoder().decode([Vector].self, from: try Vectors.readFile("statements.json"))
    }

    func testEveryFileSaysWhatPythonSays() throws {
        for vector in try readVectors() {
            #if !canImport(Compression)
                if vector.file.range(of: Data("zTXt".utf8)) != nil { continue }
                if vector.name.contains("international") { continue }
            #endif
            let file = vector.file + Data(count: vector.zeros ?? 0)
            XCTAssertEqual(readEvidence(file), vector.evidence, vector.name)
        }
    }

    func testAFileThatIsCutOrChangedNeverFails() throws {
        var chance: UInt64 = 24
        func random(_ below: Int) -> Int {
            chance = (chance * 48271) % 0x7FFF_FFFF
            return Int(chance) % max(below, 1)
        }
        for vector in try readVectors() where !vector.file.isEmpty {
            for _ in 0..<40 {
                var file = [UInt8](vector.file)
                for _ in 0..<4 { file[random(file.count)] = UInt8(random(256)) }
                _ = readEvidence(Data(file.prefix(1 + random(file.count))))
            }
        }
    }

    func testHoweverManyNamespacesAreNestedTheyTakeBoundedMemory() {
        let packet = Data((0..<20_000).map { "<a xmlns:b\($0)=\"x\">" }.joined().utf8)
        let length = Data((0..<4).map { UInt8(packet.count >> (8 * $0) & 0xFF) })
        XCTAssertTrue(readEvidence(Data("RIFF    WEBPXMP ".utf8) + length + packet).isEmpty)
    }

    func testWordsAreShownEscapedAndCut() {
        XCTAssertEqual(quote("a\n b\u{1B}[2J\u{202E}"), "a b\\x1b[2J\\u202e")
        XCTAssertEqual(quote(String(repeating: "x", count: 500)).count, 160)
    }

    func testADeclaredGeneratorDecidesWhateverThePixels() throws {
        let real = Verdict(
            label: .real, pFake: 0.1, model: "test", latencyMs: 0, reduction: 1, regions: [], reason: nil, views: [])
        for vector in try readVectors() {
            let fused = fuseEvidence(real, vector.evidence)
            let isDeclared = vector.evidence.contains { $0.strength == .declaresGenerated }
            XCTAssertEqual(fused.label, isDeclared ? .fake : .real)
            XCTAssertEqual(fused.pixelsLabel, isDeclared ? .real : nil)
        }
    }
}
