import XCTest

@testable import Fakelens

final class DetectorTests: XCTestCase {
    /// P(fake) is the first byte of the tile, of 255.
    private final class FirstByte: TileScorer {
        func score(_ tile: RgbImage, view: Int) -> Float { Float(tile.bytes[0]) / 255 }
    }

    private func makeDetector(_ input: InputSpec) -> Detector {
        let decision = Decision(threshold: 0.5, unsureLow: 0.4, unsureHigh: 0.6)
        return Detector(
            contract: Contract(name: "test", input: input, decision: decision), scorer: FirstByte())
    }

    func testAPictureOfTwoTilesHasTwoRegions() throws {
        let bytes = (0..<16 * 8 * 3).map { (at: Int) -> UInt8 in at / 3 % 16 < 8 ? 51 : 102 }
        let detector = makeDetector(InputSpec(size: 8, fit: .tiles, tiles: 4, pool: .mean))
        let verdict = try detector.check(RgbImage(width: 16, height: 8, bytes: bytes))
        XCTAssertEqual(verdict.regions.map(\.place), [Place(left: 0, top: 0), Place(left: 8, top: 0)])
        XCTAssertEqual(verdict.regions.map(\.pFake), [0.2, 0.4])
        XCTAssertEqual(verdict.label, .real)
        XCTAssertEqual(verdict.reduction, 1)
    }

    func testAPictureThatIsResizedHasNoRegionsButAReduction() throws {
        let image = RgbImage(width: 32, height: 16, bytes: [UInt8](repeating: 127, count: 32 * 16 * 3))
        let detector = makeDetector(InputSpec(size: 8, fit: .resize, tiles: 1, pool: .mean))
        let verdict = try detector.check(image)
        XCTAssertTrue(verdict.regions.isEmpty)
        XCTAssertTrue(try detector.mapRegions(image).isEmpty)
        XCTAssertEqual(verdict.reduction, 4)
        XCTAssertEqual(verdict.label, .unsure)
    }

    func testViewsAreFusedByTheirLogits() throws {
        let fusion = Fusion(weights: [1, 0.5], bias: 0.25)
        XCTAssertEqual(fuse([0.8, 0.3], by: fusion), 0.7707666928323896, accuracy: 1e-12)
        XCTAssertEqual(fuse([0.8], by: nil), 0.8)
        let views = [
            ViewSpec(name: "tiles", signature: "serving_default", size: 8, fit: .tiles, tiles: 4, pool: .mean),
            ViewSpec(name: "whole", signature: "whole", size: 4, fit: .resize, tiles: 1, pool: .mean),
        ]
        let spec = InputSpec(size: 8, fit: .tiles, tiles: 4, pool: .mean, views: views, fusion: fusion)
        let image = RgbImage(width: 16, height: 8, bytes: [UInt8](repeating: 51, count: 16 * 8 * 3))
        let verdict = try makeDetector(spec).check(image)
        XCTAssertEqual(verdict.views.map(\.name), ["tiles", "whole"])
        XCTAssertEqual(verdict.pFake, fuse(verdict.views.map(\.pFake), by: fusion))
        XCTAssertEqual(verdict.regions.count, 2)
        XCTAssertEqual(verdict.reduction, 1)
    }

    func testWhereNothingIsLeftToSeeTheAnswerIsUnsure() {
        let limits = ConditionLimits(
            leastSide: 64, leastTexture: 0.5, leastSharpness: 0.513, mostBlocking: 2.2)
        var condition = Condition(side: 300, texture: 5, sharpness: 0.6, blocking: 1.1)
        XCTAssertNil(findReason(condition, limits))
        condition.sharpness = 0.5129
        XCTAssertEqual(findReason(condition, limits), .enlarged)
        condition.blocking = 2.2
        XCTAssertEqual(findReason(condition, limits), .compressed)
        condition.texture = 0.49
        XCTAssertEqual(findReason(condition, limits), .flat)
        condition.side = 63
        XCTAssertEqual(findReason(condition, limits), .small)
        XCTAssertNil(findReason(condition, nil))
        let decision = Decision(threshold: 0.5, unsureLow: 0.4, unsureHigh: 0.6)
        XCTAssertEqual(decide(0.99, by: decision, reason: .small), .unsure)
        let flat = measureCondition(RgbImage(width: 9, height: 7, bytes: [UInt8](repeating: 50, count: 189)))
        XCTAssertEqual(flat, Condition(side: 7, texture: 0, sharpness: nil, blocking: 0))
    }

    func testAMapCoversThePictureByHalvesOfTiles() throws {
        let image = RgbImage(width: 16, height: 8, bytes: [UInt8](repeating: 0, count: 16 * 8 * 3))
        let detector = makeDetector(InputSpec(size: 8, fit: .tiles, tiles: 1, pool: .mean))
        XCTAssertEqual(try detector.mapRegions(image).map(\.place.left), [0, 4, 8])
    }
}
