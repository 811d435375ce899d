package fakelens

import kotlin.math.abs
import kotlin.math.max
import kotlin.math.min

private const val PRECISION_BITS = 22 // 32 bits less 8 of the pixel and 2 of headroom
private const val HALF = 1 shl (PRECISION_BITS - 1)

/** For each pixel of the result: the first pixel that it is made of, and the weights from there on. */
private class Kernel(val first: IntArray, val weights: Array<IntArray>)

/**
 * Returns [image] scaled to [width] x [height] px, byte for byte as Pillow 13's BILINEAR does.
 *
 * On reduction the filter widens with the scale, so that every pixel counts. The result of the first pass is
 * rounded to bytes before the second, so their order tells: a picture that loses much more height than width
 * loses height first (older Pillows: width always first, which differs by a grey level here and there).
 * `Bitmap.createScaledBitmap` and GPU samplers do otherwise: they move pixels by several grey levels, and a
 * resampler's traces are just what the model looks at.
 */
fun resize(image: RgbImage, width: Int, height: Int): RgbImage =
    if (image.height - height > 2 * max(0, image.width - width)) {
        resizeAcross(resizeDown(image, height), width)
    } else {
        resizeDown(resizeAcross(image, width), height)
    }

private fun resizeAcross(image: RgbImage, width: Int): RgbImage {
    if (width == image.width) return image
    val kernel = makeKernel(image.width, width)
    val bytes = ByteArray(width * image.height * RgbImage.CHANNELS)
    var at = 0
    for (row in 0 until image.height) {
        val start = row * image.width * RgbImage.CHANNELS
        for (column in 0 until width) {
            val weights = kernel.weights[column]
            for (channel in 0 until RgbImage.CHANNELS) {
                var from = start + kernel.first[column] * RgbImage.CHANNELS + channel
                var sum = HALF
                for (weight in weights) {
                    sum += (image.bytes[from].toInt() and 0xFF) * weight
                    from += RgbImage.CHANNELS
                }
                bytes[at++] = toByte(sum)
            }
        }
    }
    return RgbImage(width, image.height, bytes)
}

private fun resizeDown(image: RgbImage, height: Int): RgbImage {
    if (height == image.height) return image
    val kernel = makeKernel(image.height, height)
    val stride = image.width * RgbImage.CHANNELS
    val bytes = ByteArray(stride * height)
    var at = 0
    for (row in 0 until height) {
        val weights = kernel.weights[row]
        val start = kernel.first[row] * stride
        for (column in 0 until stride) {
            var from = start + column
            var sum = HALF
            for (weight in weights) {
                sum += (image.bytes[from].toInt() and 0xFF) * weight
                from += stride
            }
            bytes[at++] = toByte(sum)
        }
    }
    return RgbImage(image.width, height, bytes)
}

private fun makeKernel(from: Int, to: Int): Kernel {
    val scale = from.toDouble() / to
    val support = max(scale, 1.0) // of a triangle that reaches 1 pixel of the coarser of the two grids
    val first = IntArray(to)
    val weights = Array(to) { index ->
        val center = (index + 0.5) * scale
        val low = max(0, (center - support + 0.5).toInt())
        val high = min(from, (center + support + 0.5).toInt())
        first[index] = low
        val triangle = DoubleArray(high - low) {
            // Divided as a product with the inverse: another rounding could end in another byte.
            max(0.0, 1 - abs((it + low - center + 0.5) * (1 / support)))
        }
        val sum = triangle.sum()
        IntArray(triangle.size) { (0.5 + triangle[it] / sum * (1 shl PRECISION_BITS)).toInt() }
    }
    return Kernel(first, weights)
}

private fun toByte(sum: Int): Byte = (sum shr PRECISION_BITS).coerceIn(0, 255).toByte()
