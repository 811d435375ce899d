import Foundation
import XCTest

@testable import Fakelens

// Every figure here is what the Python side, or Pillow, gives.
final class RulesTests: XCTestCase {
    private func places(_ width: Int, _ height: Int, _ most: Int) -> [[Int]] {
        let spec = InputSpec(size: 64, fit: .tiles, tiles: most, pool: .mean)
        return placeTiles(width: width, height: height, spec: spec).map { [$0.left, $0.top] }
    }

    private func picture(_ width: Int, _ height: Int, step: Int) -> RgbImage {
        let bytes = (0..<width * height * 3).map { (at: Int) -> UInt8 in UInt8(truncatingIfNeeded: at * step) }
        return RgbImage(width: width, height: height, bytes: bytes)
    }

    func testTilesStandSideBySideAndReachFromEdgeToEdge() {
        XCTAssertEqual(places(64, 64, 24), [[0, 0]])
        XCTAssertEqual(places(65, 65, 24), [[0, 0]])
        XCTAssertEqual(places(127, 96, 24), [[31, 16]])
        XCTAssertEqual(places(200, 130, 24), [[0, 0], [68, 0], [136, 0], [0, 66], [68, 66], [136, 66]])
        XCTAssertEqual(places(10, 200, 24), [[0, 0], [0, 68], [0, 136]])
    }

    func testOverTheLimitTheDirectionWhoseTilesStandCloserLosesOne() {
        XCTAssertEqual(places(200, 130, 3), [[0, 33], [68, 33], [136, 33]])
        XCTAssertEqual(
            places(300, 1000, 5), [[118, 0], [118, 234], [118, 468], [118, 702], [118, 936]])
        XCTAssertEqual(places(1000, 300, 24).count, 18)
        XCTAssertEqual(places(1000, 300, 24).last, [936, 236])
        XCTAssertEqual(places(4000, 3000, 24).count, 24)
        XCTAssertEqual(places(4000, 3000, 24).last, [3936, 2936])
    }

    func testAGridOverlapsByHalfOrLess() {
        let dense = placeGrid(width: 100, height: 70, size: 64, most: 600).map { [$0.left, $0.top] }
        XCTAssertEqual(dense, [[0, 0], [18, 0], [36, 0], [0, 6], [18, 6], [36, 6]])
        let sparse = placeGrid(width: 1000, height: 700, size: 64, most: 60).map { [$0.left, $0.top] }
        XCTAssertEqual(sparse.count, 48)
        XCTAssertEqual(sparse[1], [133, 0])
        XCTAssertEqual(sparse.last, [936, 636])
    }

    func testAPictureSmallerThanATileIsMirrored() {
        let bytes: [UInt8] = [0, 1, 2, 10, 11, 12, 20, 21, 22, 3, 4, 5, 13, 14, 15, 23, 24, 25]
        let image = RgbImage(width: 3, height: 2, bytes: bytes)
        let tile = cutTile(image, at: Place(left: 0, top: 0), size: 8)
        let red: [UInt8] = stride(from: 0, to: tile.bytes.count, by: 3).map { tile.bytes[$0] }
        let even: [UInt8] = [0, 10, 20, 20, 10, 0, 0, 10]
        let odd: [UInt8] = [3, 13, 23, 23, 13, 3, 3, 13]
        let rows: [[UInt8]] = [even, odd, odd, even, even, odd, odd, even]
        XCTAssertEqual(red, Array(rows.joined()))
    }

    func testResizingGivesPillowsBytes() {
        let both: [UInt8] = [
            99, 78, 115, 147, 126, 81, 90, 105, 142, 138, 102, 108,
            100, 137, 135, 117, 103, 136, 127, 164, 96, 93, 130, 156,
        ]
        XCTAssertEqual(resize(picture(5, 3, step: 37), width: 2, height: 4).bytes, both)
        let reduced: [UInt8] = [
            111, 138, 124, 127, 129, 128, 123, 128, 143, 129, 114, 131, 136, 128,
            125, 126, 128, 127, 137, 126, 128, 117, 136, 123, 133, 122, 137,
        ]
        XCTAssertEqual(resize(picture(7, 11, step: 101), width: 3, height: 3).bytes, reduced)
        let enlarged: [UInt8] = [
            0, 37, 74, 63, 100, 137, 143, 107, 144, 222, 3, 40, 118, 82, 119, 125, 162, 89, 188, 225, 6,
        ]
        XCTAssertEqual(
            Array(resize(picture(5, 3, step: 37), width: 7, height: 3).bytes.prefix(21)), enlarged)
        let tall: [UInt8] = [
            121, 120, 112, 130, 112, 135, 112, 129, 113, 133, 123, 143, 113, 146, 123,
            137, 129, 141, 119, 126, 127, 121, 134, 119, 133, 119, 138, 120, 138, 111,
            145, 118, 123, 124, 142, 134, 132, 117, 119, 132, 124, 133, 113, 142, 121,
        ]
        XCTAssertEqual(resize(picture(4, 20, step: 37), width: 3, height: 5).bytes, tall)
        let image = picture(5, 3, step: 37)
        XCTAssertEqual(resize(image, width: 5, height: 3), image)
    }

    func testScoresArePooledByTheirLogits() {
        let scores: [Float] = [0.1, 0.9, 0.6, 1, 0.3, 0.2, 0.7, 0.8, 0]
        XCTAssertEqual(pool(scores, by: .mean), 0.5112610135192249, accuracy: 1e-12)
        XCTAssertEqual(pool(scores, by: .top), 0.9854684784571062, accuracy: 1e-12)
        XCTAssertEqual(pool(Array(scores.prefix(3)), by: .top), 0.8999999761581421, accuracy: 1e-12)
        XCTAssertEqual(pool([1], by: .mean), 1)
        let weights: [Double] = [1, 8, 4.5]
        XCTAssertEqual(
            pool([0.9, 0.2, 0.6], by: .texture, weights: weights), 0.37201190965931435, accuracy: 1e-12)
    }

    func testTheBandIsClosedAndComesBeforeTheThreshold() {
        let decision = Decision(threshold: 0.5, unsureLow: 0.4, unsureHigh: 0.6)
        let scores: [Double] = [0.3999, 0.4, 0.6, 0.6001]
        let labels: [Label] = scores.map { decide($0, by: decision) }
        XCTAssertEqual(labels, [.real, .unsure, .unsure, .fake])
        let never = Decision(threshold: 0.5, unsureLow: 1, unsureHigh: 0)
        XCTAssertEqual(decide(0.4999, by: never), .real)
        XCTAssertEqual(decide(0.5, by: never), .fake)
    }

    func testEveryOrientation() {
        let image = RgbImage(width: 3, height: 2, bytes: (0..<18).map { (at: Int) -> UInt8 in UInt8(at / 3) })
        let expected: [[Int]] = [
            [3, 2, 0, 1, 2, 3, 4, 5], [3, 2, 2, 1, 0, 5, 4, 3], [3, 2, 5, 4, 3, 2, 1, 0],
            [3, 2, 3, 4, 5, 0, 1, 2], [2, 3, 0, 3, 1, 4, 2, 5], [2, 3, 3, 0, 4, 1, 5, 2],
            [2, 3, 5, 2, 4, 1, 3, 0], [2, 3, 2, 5, 1, 4, 0, 3],
        ]
        for orientation in 1...8 {
            let turned = turnUpright(image, orientation: orientation)
            let reds: [Int] = stride(from: 0, to: 18, by: 3).map { Int(turned.bytes[$0]) }
            let found: [Int] = [turned.width, turned.height] + reds
            XCTAssertEqual(found, expected[orientation - 1])
        }
    }

    func testPixelsInBothOrdersWithLongRows() {
        let bytes: [UInt8] = [1, 2, 3, 0, 4, 5, 6, 0, 99, 99, 7, 8, 9, 0, 10, 11, 12, 0]
        let (rgba, bgra) = bytes.withUnsafeBytes { pixels in
            (
                readPixels(pixels, width: 2, height: 2, rowBytes: 10, order: .rgba),
                readPixels(pixels, width: 2, height: 2, rowBytes: 10, order: .bgra)
            )
        }
        let inOrder: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
        let swapped: [UInt8] = [3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10]
        XCTAssertEqual(rgba.bytes, inOrder)
        XCTAssertEqual(bgra.bytes, swapped)
    }
}
