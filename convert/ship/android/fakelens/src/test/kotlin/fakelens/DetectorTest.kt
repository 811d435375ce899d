package fakelens

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class DetectorTest {
    private val decision = Decision(threshold = 0.5, unsureLow = 0.4, unsureHigh = 0.6)

    /** P(fake) is the first byte of the tile, of 255. */
    private class FirstByte : TileScorer {
        var closed = 0

        override fun score(tile: RgbImage): Float = (tile.bytes[0].toInt() and 0xFF) / 255f

        override fun close() {
            closed += 1
        }
    }

    private fun detector(input: InputSpec, scorer: TileScorer = FirstByte()) =
        Detector(Contract("test", "", "", input, decision), scorer)

    @Test
    fun `scores are pooled by their logits`() { // every figure is what the Python side gives
        val scores = floatArrayOf(.1f, .9f, .6f, 1f, .3f, .2f, .7f, .8f, 0f)
        assertEquals(0.5112610135192249, pool(scores, Pool.MEAN), 1e-12)
        assertEquals(0.9854684784571062, pool(scores, Pool.TOP), 1e-12)
        assertEquals(0.8999999761581421, pool(scores.copyOf(3), Pool.TOP), 1e-12)
        assertEquals(1.0, pool(floatArrayOf(1f), Pool.MEAN), 0.0)
    }

    @Test
    fun `the band is closed and comes before the threshold`() {
        assertEquals(Label.REAL, decide(0.3999, decision))
        assertEquals(Label.UNSURE, decide(0.4, decision))
        assertEquals(Label.UNSURE, decide(0.6, decision))
        assertEquals(Label.FAKE, decide(0.6001, decision))
        val never = Decision(threshold = 0.5, unsureLow = 1.0, unsureHigh = 0.0)
        assertEquals(Label.FAKE, decide(0.5, never))
        assertEquals(Label.REAL, decide(0.4999, never))
    }

    @Test
    fun `a picture of two tiles has two regions`() {
        val bytes = ByteArray(16 * 8 * 3) { if (it / 3 % 16 < 8) 51 else 102 }
        val verdict = detector(InputSpec(8, Fit.TILES, 4, Pool.MEAN)).check(RgbImage(16, 8, bytes))
        assertEquals(listOf(Place(0, 0), Place(8, 0)), verdict.regions.map { it.place })
        assertEquals(listOf(0.2f, 0.4f), verdict.regions.map { it.pFake })
        assertEquals(Label.REAL, verdict.label)
        assertEquals(1.0, verdict.reduction, 0.0)
    }

    @Test
    fun `a picture that is resized has no regions but a reduction`() {
        val image = RgbImage(32, 16, ByteArray(32 * 16 * 3) { 127 })
        val detector = detector(InputSpec(8, Fit.RESIZE, 1, Pool.MEAN))
        val verdict = detector.check(image)
        assertTrue(verdict.regions.isEmpty() && detector.mapRegions(image).isEmpty())
        assertEquals(4.0, verdict.reduction, 0.0)
        assertEquals(Label.UNSURE, verdict.label)
    }

    @Test
    fun `a map covers the picture by halves of tiles`() {
        val image = RgbImage(16, 8, ByteArray(16 * 8 * 3))
        val regions = detector(InputSpec(8, Fit.TILES, 1, Pool.MEAN)).mapRegions(image)
        assertEquals(listOf(0, 4, 8), regions.map { it.place.left })
    }

    @Test
    fun `closed once, then refuses`() {
        val scorer = FirstByte()
        val detector = detector(InputSpec(8, Fit.TILES, 1, Pool.MEAN), scorer)
        detector.close()
        detector.close()
        assertEquals(1, scorer.closed)
        assertThrows(IllegalStateException::class.java) { detector.check(RgbImage(8, 8, ByteArray(192))) }
    }
}
