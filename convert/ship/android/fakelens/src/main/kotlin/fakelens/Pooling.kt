package fakelens

import kotlin.math.exp
import kotlin.math.ln
import kotlin.math.max

// A uint8 probability of 0 or 1 stands for anything up to half a step: no tile outvotes all the others.
private const val SUREST = 1.0 / 512
private const val TOP_SHARE = 4 // the highest quarter

/** Returns P(fake) of a picture from that of its tiles, by the mean of all or of the highest logits. */
fun poolScores(pFake: FloatArray, pool: Pool): Double {
    require(pFake.isNotEmpty()) { "no scores to pool" }
    val logits = DoubleArray(pFake.size) {
        val clipped = pFake[it].toDouble().coerceIn(SUREST, 1 - SUREST)
        ln(clipped / (1 - clipped))
    }
    logits.sort()
    val first = if (pool == Pool.TOP) logits.size - max(1, logits.size / TOP_SHARE) else 0
    var sum = 0.0
    for (index in first until logits.size) sum += logits[index]
    return 1 / (1 + exp(-sum / (logits.size - first)))
}
