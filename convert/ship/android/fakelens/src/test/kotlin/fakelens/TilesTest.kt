package fakelens

import org.junit.Assert.assertEquals
import org.junit.Test

// Every figure here is what the Python side gives.
class TilesTest {
    private fun places(width: Int, height: Int, most: Int): List<Pair<Int, Int>> =
        placeTiles(width, height, InputSpec(64, Fit.TILES, most, Pool.MEAN)).map { it.left to it.top }

    @Test
    fun `tiles stand side by side and reach from edge to edge`() {
        assertEquals(listOf(0 to 0), places(64, 64, 24))
        assertEquals(listOf(0 to 0, 68 to 0, 136 to 0, 0 to 66, 68 to 66, 136 to 66), places(200, 130, 24))
        assertEquals(listOf(0 to 0, 0 to 68, 0 to 136), places(10, 200, 24))
    }

    @Test
    fun `a single tile stands in the middle, rounded down`() {
        assertEquals(listOf(0 to 0), places(65, 65, 24))
        assertEquals(listOf(31 to 16), places(127, 96, 24))
    }

    @Test
    fun `over the limit the direction whose tiles stand closer loses one`() {
        assertEquals(listOf(0 to 33, 68 to 33, 136 to 33), places(200, 130, 3))
        assertEquals(listOf(118 to 0, 118 to 234, 118 to 468, 118 to 702, 118 to 936), places(300, 1000, 5))
        assertEquals(18, places(1000, 300, 24).size)
        assertEquals(936 to 236, places(1000, 300, 24).last())
        assertEquals(24, places(4000, 3000, 24).size)
        assertEquals(3936 to 2936, places(4000, 3000, 24).last())
    }

    @Test
    fun `a grid overlaps by half, or less where that would be too many`() {
        assertEquals(
            listOf(0 to 0, 18 to 0, 36 to 0, 0 to 6, 18 to 6, 36 to 6),
            placeGrid(100, 70, 64, 600).map { it.left to it.top },
        )
        val sparse = placeGrid(1000, 700, 64, 60).map { it.left to it.top }
        assertEquals(48, sparse.size)
        assertEquals(133 to 0, sparse[1])
        assertEquals(936 to 636, sparse.last())
    }

    @Test
    fun `a picture smaller than a tile is mirrored beyond its edges, edge pixels repeated`() {
        val bytes = ByteArray(2 * 3 * 3) { (10 * (it / 3 % 3) + 3 * (it / 9) + it % 3).toByte() }
        val tile = cutTile(RgbImage(3, 2, bytes), Place(0, 0), 8)
        val red = List(8) { row -> List(8) { column -> tile.bytes[(row * 8 + column) * 3].toInt() } }
        val even = listOf(0, 10, 20, 20, 10, 0, 0, 10)
        val odd = listOf(3, 13, 23, 23, 13, 3, 3, 13)
        assertEquals(listOf(even, odd, odd, even, even, odd, odd, even), red)
    }
}
