package fakelens

import java.nio.Buffer
import java.nio.ByteBuffer

/** How RGBA bytes lie in memory; rows may be longer than the picture is wide. */
data class PixelLayout(val width: Int, val height: Int, val rowStride: Int, val pixelStride: Int = 4)

/** Returns the picture in [rgba], bytes of straight alpha; transparent pixels are laid over white. */
fun readRgba(rgba: ByteBuffer, layout: PixelLayout): RgbImage {
    val source = rgba.duplicate()
    val cursor: Buffer = source // ByteBuffer.position is another method before Android 14
    val bytes = ByteArray(layout.width * layout.height * RgbImage.CHANNELS)
    val row = ByteArray((layout.width - 1) * layout.pixelStride + 4) // the last row may end there
    var at = 0
    for (index in 0 until layout.height) {
        cursor.position(index * layout.rowStride)
        source.get(row)
        for (from in 0..row.size - 4 step layout.pixelStride) {
            val alpha = row[from + 3].toInt() and 0xFF
            for (channel in 0 until RgbImage.CHANNELS) {
                val value = row[from + channel]
                bytes[at++] = if (alpha == 255) value else layOverWhite(value.toInt() and 0xFF, alpha)
            }
        }
    }
    return RgbImage(layout.width, layout.height, bytes)
}

/** As Pillow's alpha_composite over an opaque white pixel, in its 15 bits. */
private fun layOverWhite(value: Int, alpha: Int): Byte {
    val sum = (value * alpha + 255 * (255 - alpha)) * 128 + (0x80 shl 7)
    return ((((sum shr 8) + sum) shr 8) shr 7).toByte()
}

/**
 * Returns [image] turned and flipped as an EXIF [orientation] of 1 to 8 asks; anything else changes nothing.
 *
 * Exact: pixels move, none is computed.
 */
fun turnUpright(image: RgbImage, orientation: Int): RgbImage {
    if (orientation !in 2..8) return image
    val right = image.width - 1
    val lowest = image.height - 1
    val sideways = orientation >= 5
    val width = if (sideways) image.height else image.width
    val height = if (sideways) image.width else image.height
    val bytes = ByteArray(image.bytes.size)
    var at = 0
    for (y in 0 until height) {
        for (x in 0 until width) {
            val column = when (orientation) {
                2, 3 -> right - x
                4 -> x
                5, 6 -> y
                else -> right - y
            }
            val row = when (orientation) {
                2 -> y
                3, 4 -> lowest - y
                5, 8 -> x
                else -> lowest - x
            }
            val from = (row * image.width + column) * RgbImage.CHANNELS
            bytes[at++] = image.bytes[from]
            bytes[at++] = image.bytes[from + 1]
            bytes[at++] = image.bytes[from + 2]
        }
    }
    return RgbImage(width, height, bytes)
}

/** Returns the EXIF orientation of a frame that must be turned clockwise by [degrees], 0, 90, 180 or 270. */
fun orientationOf(degrees: Int): Int = when (degrees) {
    0 -> 1
    90 -> 6
    180 -> 3
    270 -> 8
    else -> throw IllegalArgumentException("a rotation of $degrees degrees, expected 0, 90, 180 or 270")
}
