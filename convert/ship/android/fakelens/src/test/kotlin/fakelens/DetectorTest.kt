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

        override fun score(tile: RgbImage, view: Int): Float = (tile.bytes[0].toInt() and 0xFF) / 255f

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
    fun `tiles are weighed by their texture`() { // every figure is what the Python side gives
        val scores = floatArrayOf(.9f, .2f, .6f)
        assertEquals(0.37201190965931435, pool(scores, Pool.TEXTURE, doubleArrayOf(1.0, 8.0, 4.5)), 1e-12)
        val checks = RgbImage(4, 4, ByteArray(48) { if ((it / 3 % 4 + it / 12) % 2 == 0) 10 else 14 })
        assertEquals(4.0, weighTile(checks, Pool.TEXTURE), 0.0)
        assertEquals(1.0, weighTile(checks, Pool.MEAN), 0.0)
        assertEquals(1.0, weighTile(RgbImage(4, 4, ByteArray(48)), Pool.TEXTURE), 0.0)
    }

    @Test
    fun `views are fused by their logits`() {
        val fusion = Fusion(listOf(1.0, 0.5), 0.25)
        assertEquals(0.7707666928323896, fuse(listOf(0.8, 0.3), fusion), 1e-12)
        assertEquals(0.8, fuse(listOf(0.8), null), 0.0)
        val view = ViewSpec("tiles", "serving_default", 8, Fit.TILES, 4, Pool.MEAN)
        val whole = ViewSpec("whole", "whole", 4, Fit.RESIZE, 1, Pool.MEAN)
        val spec = InputSpec(8, Fit.TILES, 4, Pool.MEAN, listOf(view, whole), fusion)
        val verdict = detector(spec).check(RgbImage(16, 8, ByteArray(16 * 8 * 3) { 51 }))
        assertEquals(listOf("tiles", "whole"), verdict.views.map { it.name })
        assertEquals(fuse(verdict.views.map { it.pFake }, fusion), verdict.pFake, 0.0)
        assertEquals(2, verdict.regions.size)
        assertEquals(1.0, verdict.reduction, 0.0)
    }

    @Test
    fun `where nothing is left to see the answer is UNSURE with the reason`() {
        val limits = ConditionLimits(64, 0.5, 0.513, 2.2)
        val good = Condition(300, 5.0, 0.6, 1.1)
        assertEquals(null, findReason(good, limits))
        assertEquals(null, findReason(good.copy(side = 1), null))
        assertEquals(Reason.SMALL, findReason(good.copy(side = 63), limits))
        assertEquals(Reason.FLAT, findReason(good.copy(texture = 0.49, sharpness = null, blocking = null), limits))
        assertEquals(Reason.COMPRESSED, findReason(good.copy(blocking = 2.2, sharpness = 0.4), limits))
        assertEquals(Reason.ENLARGED, findReason(good.copy(sharpness = 0.5129), limits))
        assertEquals(Label.UNSURE, decide(0.99, decision, Reason.SMALL))
        val flat = measureCondition(RgbImage(9, 7, ByteArray(9 * 7 * 3) { 50 }))
        assertEquals(Condition(7, 0.0, null, 0.0), flat)
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
