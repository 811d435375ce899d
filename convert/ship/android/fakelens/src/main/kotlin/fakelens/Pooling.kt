package fakelens

import kotlin.math.exp
import kotlin.math.ln
import kotlin.math.max

// A uint8 probability of 0 or 1 stands for anything up to half a step: no tile outvotes all the others.
private const val SUREST = 1.0 / 512
private const val TOP_SHARE = 4 // the highest quarter

// Of a tile's texture, in grey levels a px, when it weighs the tile.
private const val LEAST_TEXTURE = 1.0
private const val MOST_TEXTURE = 8.0

/** Returns what [tile] weighs when tiles are pooled. */
fun weighTile(tile: RgbImage, pool: Pool): Double {
    if (pool != Pool.TEXTURE) return 1.0
    val luma = cutLuma(tile, Place(0, 0), tile.width, tile.height)
    return measureTexture(luma, tile.width).coerceIn(LEAST_TEXTURE, MOST_TEXTURE)
}

/** Returns P(fake) of a picture from that of its tiles: a single one speaks for itself, unclipped. */
fun pool(scores: FloatArray, pool: Pool, weights: DoubleArray? = null): Double =
    if (scores.size == 1) scores[0].toDouble() else poolScores(scores, pool, weights)

/**
 * Returns P(fake) of a picture from that of its tiles, by a mean of their logits: of all, of the highest quarter,
 * or of all with [weights].
 */
fun poolScores(pFake: FloatArray, pool: Pool, weights: DoubleArray? = null): Double {
    require(pFake.isNotEmpty()) { "no scores to pool" }
    val logits = DoubleArray(pFake.size) { logit(pFake[it].toDouble()) }
    if (pool == Pool.TEXTURE) {
        requireNotNull(weights) { "tiles are weighed by their texture, but no weights are given" }
        var weighed = 0.0
        for (index in logits.indices) weighed += weights[index] * logits[index]
        return sigmoid(weighed / weights.sum())
    }
    logits.sort()
    val first = if (pool == Pool.TOP) logits.size - max(1, logits.size / TOP_SHARE) else 0
    var sum = 0.0
    for (index in first until logits.size) sum += logits[index]
    return sigmoid(sum / (logits.size - first))
}

/** Returns P(fake) of a picture from that of its views, in their order. */
fun fuse(pFake: List<Double>, fusion: Fusion?): Double {
    if (fusion == null) return pFake[0]
    var sum = fusion.bias
    for ((index, weight) in fusion.weights.withIndex()) sum += weight * logit(pFake[index])
    return sigmoid(sum)
}

private fun logit(pFake: Double): Double {
    val clipped = pFake.coerceIn(SUREST, 1 - SUREST)
    return ln(clipped / (1 - clipped))
}

private fun sigmoid(logit: Double): Double = 1 / (1 + exp(-logit))
