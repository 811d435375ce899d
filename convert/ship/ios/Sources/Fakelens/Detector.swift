import Foundation

/// A runtime that holds the model.
public protocol TileScorer: AnyObject {
    /// Returns P(fake) of `tile`, which has the size of the input tensor of `view`, a number from 0.
    func score(_ tile: RgbImage, view: Int) throws -> Float
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
        let seen = try spec.everyView.indices.map { try look(image, $0) }
        let pFake = fuse(seen.map(\.pFake), by: spec.fusion)
        let limits = contract.decision.condition
        let reason = limits == nil ? nil : findReason(measureCondition(image), limits)
        return Verdict(
            label: decide(pFake, by: contract.decision, reason: reason),
            pFake: pFake,
            model: contract.name,
            latencyMs: Double(DispatchTime.now().uptimeNanoseconds - start) / 1e6,
            reduction: tiled || spec.views != nil ? 1 : Double(max(image.width, image.height)) / Double(spec.size),
            regions: tiled ? seen[0].regions : [],
            reason: reason,
            views: zip(spec.views ?? [], seen).map { ViewScore(name: $0.name, pFake: $1.pFake) })
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

    /// What one view says of a picture.
    private func look(_ image: RgbImage, _ view: Int) throws -> (pFake: Double, regions: [Region]) {
        let spec = contract.input.everyView[view]
        if spec.fit == .resize {
            let score = try scorer.score(resize(image, width: spec.size, height: spec.size), view: view)
            return (Double(score), [])
        }
        var regions = [Region]()
        var weights = [Double]()
        for place in placeTiles(width: image.width, height: image.height, spec: spec) {
            let tile = cutTile(image, at: place, size: spec.size)
            regions.append(
                Region(place: place, size: spec.size, pFake: try scorer.score(tile, view: view)))
            weights.append(weighTile(tile, by: spec.pool))
        }
        return (pool(regions.map(\.pFake), by: spec.pool, weights: weights), regions)
    }

    private func scoreRegions(_ image: RgbImage, _ places: [Place]) throws -> [Region] {
        let size = contract.input.size
        return try places.map {
            Region(place: $0, size: size, pFake: try scorer.score(cutTile(image, at: $0, size: size), view: 0))
        }
    }
}
