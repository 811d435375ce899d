import XCTest

@testable import Fakelens

final class DetectorTests: XCTestCase {
    /// P(fake) is the first byte of the tile, of 255.
    private final class FirstByte: TileScorer {
        func score(_ tile: RgbImage) -> Float { Float(tile.bytes[0]) / 255 }
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

    func testAMapCoversThePictureByHalvesOfTiles() throws {
        let image = RgbImage(width: 16, height: 8, bytes: [UInt8](repeating: 0, count: 16 * 8 * 3))
        let detector = makeDetector(InputSpec(size: 8, fit: .tiles, tiles: 1, pool: .mean))
        XCTAssertEqual(try detector.mapRegions(image).map(\.place.left), [0, 4, 8])
    }
}
