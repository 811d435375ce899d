import Foundation

// A uint8 probability of 0 or 1 stands for anything up to half a step: no tile outvotes all the others.
private let surest = 1.0 / 512
private let topShare = 4  // the highest quarter

/// Returns P(fake) of a picture from that of its tiles: a single one speaks for itself, unclipped.
public func pool(_ scores: [Float], by pool: Pool) -> Double {
    scores.count == 1 ? Double(scores[0]) : poolScores(scores, by: pool)
}

/// Returns P(fake) of a picture from that of its tiles, by the mean of all or of the highest logits.
public func poolScores(_ scores: [Float], by pool: Pool) -> Double {
    precondition(!scores.isEmpty, "no scores to pool")
    var logits = scores.map { score -> Double in
        let clipped = min(max(Double(score), surest), 1 - surest)
        return log(clipped / (1 - clipped))
    }
    logits.sort()
    if pool == .top {
        logits = Array(logits.suffix(max(1, logits.count / topShare)))
    }
    return 1 / (1 + exp(-logits.reduce(0, +) / Double(logits.count)))
}
