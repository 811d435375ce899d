import Foundation

// A uint8 probability of 0 or 1 stands for anything up to half a step: no tile outvotes all the others.
private let surest = 1.0 / 512
private let topShare = 4  // the highest quarter

// Of a tile's texture, in grey levels a px, when it weighs the tile.
private let leastTexture = 1.0
private let mostTexture = 8.0

/// Returns what `tile` weighs when tiles are pooled.
public func weighTile(_ tile: RgbImage, by pool: Pool) -> Double {
    if pool != .texture { return 1 }
    let luma = cutLuma(tile, at: Place(left: 0, top: 0), width: tile.width, height: tile.height)
    return min(max(measureTexture(luma, width: tile.width), leastTexture), mostTexture)
}

/// Returns P(fake) of a picture from that of its tiles: a single one speaks for itself, unclipped.
public func pool(_ scores: [Float], by pool: Pool, weights: [Double] = []) -> Double {
    scores.count == 1 ? Double(scores[0]) : poolScores(scores, by: pool, weights: weights)
}

/// Returns P(fake) of a picture from that of its tiles, by a mean of their logits: of all, of the highest
/// quarter, or of all with `weights`.
public func poolScores(_ scores: [Float], by pool: Pool, weights: [Double] = []) -> Double {
    precondition(!scores.isEmpty, "no scores to pool")
    var logits = scores.map { logit(Double($0)) }
    if pool == .texture {
        precondition(weights.count == scores.count, "tiles are weighed by their texture: give the weights")
        let weighed = zip(weights, logits).reduce(0) { $0 + $1.0 * $1.1 }
        return sigmoid(weighed / weights.reduce(0, +))
    }
    logits.sort()
    if pool == .top {
        logits = Array(logits.suffix(max(1, logits.count / topShare)))
    }
    return sigmoid(logits.reduce(0, +) / Double(logits.count))
}

/// Returns P(fake) of a picture from that of its views, in their order.
public func fuse(_ pFake: [Double], by fusion: Fusion?) -> Double {
    guard let fusion else { return pFake[0] }
    return sigmoid(zip(fusion.weights, pFake).reduce(fusion.bias) { $0 + $1.0 * logit($1.1) })
}

private func logit(_ pFake: Double) -> Double {
    let clipped = min(max(pFake, surest), 1 - surest)
    return log(clipped / (1 - clipped))
}

private func sigmoid(_ logit: Double) -> Double {
    1 / (1 + exp(-logit))
}
