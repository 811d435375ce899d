package fakelens

import kotlin.math.abs
import kotlin.math.max
import kotlin.math.min

/** Why there is nothing left to see in a picture; [text] is for people. */
enum class Reason(val text: String) {
    SMALL("too small to judge"),
    FLAT("too flat to judge, hardly any texture"),
    COMPRESSED("compressed into blocks, nothing left to see"),
    ENLARGED("enlarged beyond its resolution, nothing left to see"),
}

/** What is left of a picture's fine structure; null where a picture is too small or too flat to tell. */
data class Condition(
    val side: Int, // px, the shorter one
    val texture: Double, // mean absolute step to the next pixel, grey levels
    val sharpness: Double?, // that over the mean step to the pixel after the next
    val blocking: Double?, // mean step across the borders of 8-px blocks over that elsewhere
)

private val WINDOWS = InputSpec(size = 96, fit = Fit.TILES, tiles = 16, pool = Pool.MEAN)
private const val BLOCK = 8 // px, of JPEG
private const val LEAST_STEP = 1.0 / 64 // grey levels: blocks may be flat inside

/**
 * Returns the condition of an upright [image], from at most 16 windows of 96 px of it, cut off at its edges.
 *
 * A block border lies before every eighth column, and row, of the picture; since pictures are cropped, the phase
 * of the eight whose steps are the largest is taken, the lowest of equals.
 */
fun measureCondition(image: RgbImage): Condition {
    val steps = Steps()
    for (place in placeTiles(image.width, image.height, WINDOWS)) {
        val width = min(WINDOWS.size, image.width)
        val height = min(WINDOWS.size, image.height)
        steps.add(cutLuma(image, place, width, height), width, place)
    }
    return steps.conclude(min(image.width, image.height))
}

/** Returns the first reason why there is nothing left to see; null where there is something. */
fun findReason(condition: Condition, limits: ConditionLimits?): Reason? {
    if (limits == null) return null
    fun below(value: Double?, limit: Double?) = value != null && limit != null && value < limit
    val blocking = condition.blocking
    return when {
        limits.leastSide != null && condition.side < limits.leastSide -> Reason.SMALL
        below(condition.texture, limits.leastTexture) -> Reason.FLAT
        blocking != null && limits.mostBlocking != null && blocking >= limits.mostBlocking -> Reason.COMPRESSED
        below(condition.sharpness, limits.leastSharpness) -> Reason.ENLARGED
        else -> null
    }
}

/** Returns the luma of a pixel in whole grey levels, as Pillow rounds it. */
fun lumaOf(red: Byte, green: Byte, blue: Byte): Int {
    val sum = 19595 * (red.toInt() and 0xFF) + 38470 * (green.toInt() and 0xFF) + 7471 * (blue.toInt() and 0xFF)
    return (sum + 0x8000) shr 16
}

/** Returns the luma of a rectangle of [image], row by row. */
fun cutLuma(image: RgbImage, place: Place, width: Int, height: Int): IntArray = IntArray(width * height) {
    val at = ((place.top + it / width) * image.width + place.left + it % width) * RgbImage.CHANNELS
    lumaOf(image.bytes[at], image.bytes[at + 1], image.bytes[at + 2])
}

/** Returns the mean absolute step from a pixel to its right and lower neighbours, of [width] px wide [luma]. */
fun measureTexture(luma: IntArray, width: Int): Double {
    var sum = 0L
    var count = 0L
    for (at in luma.indices) {
        if (at % width + 1 < width) {
            sum += abs(luma[at + 1] - luma[at])
            count += 1
        }
        if (at + width < luma.size) {
            sum += abs(luma[at + width] - luma[at])
            count += 1
        }
    }
    return if (count == 0L) 0.0 else sum.toDouble() / count
}

/** Sums and numbers of steps over one and two pixels, the former by their phase across and down. */
private class Steps {
    private val sums = Array(2) { LongArray(BLOCK) }
    private val counts = Array(2) { LongArray(BLOCK) }
    private var farSum = 0L
    private var farCount = 0L

    fun add(luma: IntArray, width: Int, place: Place) {
        for (at in luma.indices) {
            val x = at % width
            val y = at / width
            if (x + 1 < width) addNear(0, place.left + x + 1, luma[at + 1] - luma[at])
            if (at + width < luma.size) addNear(1, place.top + y + 1, luma[at + width] - luma[at])
            if (x + 2 < width) addFar(luma[at + 2] - luma[at])
            if (at + 2 * width < luma.size) addFar(luma[at + 2 * width] - luma[at])
        }
    }

    fun conclude(side: Int): Condition {
        val texture = divide(sums.sumOf { it.sum() }, counts.sumOf { it.sum() }) ?: 0.0
        val far = divide(farSum, farCount)
        return Condition(side, texture, if (far == null || far == 0.0) null else texture / far, compareBorders())
    }

    private fun addNear(direction: Int, position: Int, step: Int) {
        sums[direction][position % BLOCK] += abs(step).toLong()
        counts[direction][position % BLOCK] += 1L
    }

    private fun addFar(step: Int) {
        farSum += abs(step)
        farCount += 1
    }

    private fun compareBorders(): Double? {
        var borderSum = 0L
        var borderCount = 0L
        for (direction in 0..1) {
            val means = List(BLOCK) { divide(sums[direction][it], counts[direction][it]) ?: 0.0 }
            val at = means.indexOf(means.max())
            borderSum += sums[direction][at]
            borderCount += counts[direction][at]
        }
        val across = divide(borderSum, borderCount)
        val inside = divide(sums.sumOf { it.sum() } - borderSum, counts.sumOf { it.sum() } - borderCount)
        return if (across == null || inside == null) null else across / max(inside, LEAST_STEP)
    }
}

private fun divide(sum: Long, count: Long): Double? = if (count == 0L) null else sum.toDouble() / count
