import Foundation
import XCTest

@testable import Fakelens

#if canImport(CryptoKit)
    import CryptoKit
#endif

/// This machine computes what the Python side computes, as far as a runtime is there.
final class ParityTests: XCTestCase {
    func testPlacesPoolingAndVerdictsAgreeWithPython() throws {
        let contract = try Kit.readContract()
        let vectors = try Vectors.read()
        XCTAssertFalse(vectors.images.isEmpty)
        for image in vectors.images {
            if contract.input.fit == .tiles {
                let places = placeTiles(width: image.width, height: image.height, spec: contract.input)
                XCTAssertEqual(places, image.tiles.map { Place(left: $0.left, top: $0.top) }, image.file)
            }
            let pooled = pool(
                image.tiles.map { Float($0.pFake) }, by: contract.input.pool,
                weights: image.tiles.map(\.weight))
            let others = image.views.dropFirst().map(\.pFake)
            let pFake = fuse([pooled] + others, by: contract.input.fusion)
            XCTAssertEqual(pFake, image.pFake, accuracy: 1e-9, image.file)
            let label = decide(pFake, by: contract.decision, reason: image.reason)
            XCTAssertEqual(label, image.verdict, image.file)
        }
    }

    #if canImport(CryptoKit)
        func testTheVectorsAreOfThisModel() throws {
            let model = try Data(contentsOf: try XCTUnwrap(Kit.model))
            let digest = SHA256.hash(data: model).map { String(format: "%02x", $0) }.joined()
            XCTAssertEqual(digest, try Vectors.read().modelSha256)
        }
    #endif

    #if canImport(TensorFlowLite)
        func testLiteRTAgreesWithPython() throws {
            try compare(try Kit.openLiteRTDetector())
        }
    #endif

    #if canImport(MediaPipeTasksVision)
        func testMediaPipeAgreesWithPython() throws {
            if try Kit.readContract().input.everyView.count > 1 { return }  // it runs the first alone
            try compare(try Kit.openMediaPipeDetector())
        }
    #endif

    #if !SWIFT_PACKAGE && !canImport(TensorFlowLite) && !canImport(MediaPipeTasksVision)
        func testARuntimeIsThere() {
            XCTFail("neither runtime is there, so nothing was compared: take Fakelens/LiteRT or Fakelens/MediaPipe")
        }
    #endif

    #if canImport(ImageIO)
        private func compare(_ detector: Detector) throws {
            let vectors = try Vectors.read()
            let tolerance = vectors.tolerance
            for image in vectors.images {
                let picture = try decodePhoto(try Vectors.readFile(image.file))
                XCTAssertEqual([picture.width, picture.height], [image.width, image.height], image.file)
                let verdict = try detector.check(picture)
                XCTAssertEqual(verdict.pFake, image.pFake, accuracy: tolerance, image.file)
                let decision = detector.contract.decision
                let borders = [decision.threshold, decision.unsureLow, decision.unsureHigh]
                if borders.allSatisfy({ abs($0 - image.pFake) > tolerance }) {  // else it may turn over
                    XCTAssertEqual(verdict.label, image.verdict, image.file)
                }
                XCTAssertEqual(verdict.reason, image.reason, image.file)
                XCTAssertEqual(verdict.views.map(\.name), image.views.map(\.name), image.file)
                for (view, expected) in zip(verdict.views, image.views) {
                    XCTAssertEqual(view.pFake, expected.pFake, accuracy: tolerance, image.file)
                }
                if verdict.regions.isEmpty { continue }
                XCTAssertEqual(
                    verdict.regions.map(\.place), image.tiles.map { Place(left: $0.left, top: $0.top) })
                for (region, tile) in zip(verdict.regions, image.tiles) {
                    XCTAssertEqual(Double(region.pFake), tile.pFake, accuracy: tolerance, image.file)
                }
            }
        }
    #endif
}
