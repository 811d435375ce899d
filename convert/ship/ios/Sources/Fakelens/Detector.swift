import Foundation

/// A runtime that holds the model.
public protocol TileScorer: AnyObject {
    /// Returns P(fake) of `tile`, which has the size of the input tensor.
    func score(_ tile: RgbImage) throws -> Float
}

/// A model that answers. It takes no preprocessing options: the contract knows.
///
/// One call at a time: a second thread waits.
public final class Detector: @unchecked Sendable {
    public let contract: Contract
    private let scorer: TileScorer
    private let lock = NSLock()

    public init(contract: Contract, scorer: TileScorer) {
        self.contract = contract
        self.scorer = scorer
    }

    /// Returns the verdict on an upright `image`.
    public func check(_ image: RgbImage) throws -> Verdict {
        lock.lock()
        defer { lock.unlock() }
        let start = DispatchTime.now().uptimeNanoseconds
        let spec = contract.input
        let tiled = spec.fit == .tiles
        let regions =
            tiled
            ? try scoreRegions(image, placeTiles(width: image.width, height: image.height, spec: spec))
            : [try scoreWhole(image)]
        let pFake = pool(regions.map(\.pFake), by: spec.pool)
        return Verdict(
            label: decide(pFake, by: contract.decision),
            pFake: pFake,
            model: contract.name,
            latencyMs: Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6,
            reduction: tiled ? 1 : Double(max(image.width, image.height)) / Double(spec.size),
            regions: tiled ? regions : [])
    }

    /// Returns what the model says of up to `most` overlapping tiles all over `image`, for a heat map.
    ///
    /// Empty where the model looks at the picture as a whole.
    public func mapRegions(_ image: RgbImage, most: Int = 600) throws -> [Region] {
        lock.lock()
        defer { lock.unlock() }
        let spec = contract.input
        guard spec.fit == .tiles else { return [] }
        return try scoreRegions(
            image, placeGrid(width: image.width, height: image.height, size: spec.size, most: most))
    }

    private func scoreRegions(_ image: RgbImage, _ places: [Place]) throws -> [Region] {
        let size = contract.input.size
        return try places.map {
            Region(place: $0, size: size, pFake: try scorer.score(cutTile(image, at: $0, size: size)))
        }
    }

    private func scoreWhole(_ image: RgbImage) throws -> Region {
        let size = contract.input.size
        let pFake = try scorer.score(resize(image, width: size, height: size))
        return Region(place: Place(left: 0, top: 0), size: size, pFake: pFake)
    }
}
