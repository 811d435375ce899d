package fakelens

import java.nio.ByteBuffer
import org.junit.Assert.assertEquals
import org.junit.Test

// Every figure here is what the Python side gives.
class PixelsTest {
    private val picture = RgbImage(3, 2, ByteArray(18) { (it / 3).toByte() })

    private fun turned(orientation: Int): Pair<Pair<Int, Int>, List<Int>> {
        val image = turnUpright(picture, orientation)
        return (image.width to image.height) to image.bytes.filterIndexed { at, _ -> at % 3 == 1 }.map { it.toInt() }
    }

    @Test
    fun `every EXIF orientation`() {
        assertEquals((3 to 2) to listOf(0, 1, 2, 3, 4, 5), turned(1))
        assertEquals((3 to 2) to listOf(2, 1, 0, 5, 4, 3), turned(2))
        assertEquals((3 to 2) to listOf(5, 4, 3, 2, 1, 0), turned(3))
        assertEquals((3 to 2) to listOf(3, 4, 5, 0, 1, 2), turned(4))
        assertEquals((2 to 3) to listOf(0, 3, 1, 4, 2, 5), turned(5))
        assertEquals((2 to 3) to listOf(3, 0, 4, 1, 5, 2), turned(6))
        assertEquals((2 to 3) to listOf(5, 2, 4, 1, 3, 0), turned(7))
        assertEquals((2 to 3) to listOf(2, 5, 1, 4, 0, 3), turned(8))
        assertEquals((3 to 2) to listOf(0, 1, 2, 3, 4, 5), turned(0))
    }

    @Test
    fun `a camera's rotation is an orientation`() {
        assertEquals(listOf(1, 6, 3, 8), listOf(0, 90, 180, 270).map(::orientationOf))
    }

    @Test
    fun `rows longer than the picture, the last one cut short`() {
        val bytes = byteArrayOf(1, 2, 3, -1, 4, 5, 6, -1, 99, 99, 7, 8, 9, -1, 10, 11, 12, -1)
        val image = readRgba(ByteBuffer.wrap(bytes), PixelLayout(2, 2, rowStride = 10))
        assertEquals((1..12).toList(), image.bytes.map { it.toInt() })
    }

    @Test
    fun `transparent pixels are laid over white`() {
        val rgba = listOf(10, 200, 30, 0, 10, 200, 30, 128, 10, 200, 30, 255, 7, 77, 177, 3)
        val bytes = ByteArray(16) { rgba[it].toByte() }
        val image = readRgba(ByteBuffer.wrap(bytes), PixelLayout(4, 1, rowStride = 16))
        val expected = listOf(255, 255, 255, 132, 227, 142, 10, 200, 30, 252, 253, 254)
        assertEquals(expected, image.bytes.map { it.toInt() and 0xFF })
    }
}
