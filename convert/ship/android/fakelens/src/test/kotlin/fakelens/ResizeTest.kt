package fakelens

import org.junit.Assert.assertEquals
import org.junit.Assert.assertSame
import org.junit.Test

// Every figure here is what Pillow gives.
class ResizeTest {
    private fun picture(width: Int, height: Int, step: Int): RgbImage =
        RgbImage(width, height, ByteArray(width * height * 3) { (it * step).toByte() })

    private fun values(image: RgbImage): List<Int> = image.bytes.map { it.toInt() and 0xFF }

    @Test
    fun `reduced across and enlarged down`() {
        val expected = listOf(
            99, 78, 115, 147, 126, 81, 90, 105, 142, 138, 102, 108,
            100, 137, 135, 117, 103, 136, 127, 164, 96, 93, 130, 156,
        )
        assertEquals(expected, values(resize(picture(5, 3, 37), 2, 4)))
    }

    @Test
    fun `reduced both ways by more than two`() {
        val expected = listOf(
            111, 138, 124, 127, 129, 128, 123, 128, 143, 129, 114, 131, 136, 128,
            125, 126, 128, 127, 137, 126, 128, 117, 136, 123, 133, 122, 137,
        )
        assertEquals(expected, values(resize(picture(7, 11, 101), 3, 3)))
    }

    @Test
    fun `enlarged in one direction alone`() {
        val expected = listOf(
            0, 37, 74, 63, 100, 137, 143, 107, 144, 222, 3, 40, 118, 82, 119, 125, 162, 89, 188, 225, 6,
        )
        assertEquals(expected, values(resize(picture(5, 3, 37), 7, 3)).take(21))
    }

    @Test
    fun `a picture that loses much more height than width loses height first`() {
        val expected = listOf(
            121, 120, 112, 130, 112, 135, 112, 129, 113, 133, 123, 143, 113, 146, 123,
            137, 129, 141, 119, 126, 127, 121, 134, 119, 133, 119, 138, 120, 138, 111,
            145, 118, 123, 124, 142, 134, 132, 117, 119, 132, 124, 133, 113, 142, 121,
        )
        assertEquals(expected, values(resize(picture(4, 20, 37), 3, 5)))
    }

    @Test
    fun `of the right size already`() {
        val image = picture(5, 3, 37)
        assertSame(image, resize(image, 5, 3))
    }
}
