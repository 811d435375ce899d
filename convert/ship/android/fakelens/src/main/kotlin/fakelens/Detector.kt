package fakelens

import kotlin.math.max

/** A runtime that holds the model. */
interface TileScorer : AutoCloseable {
    /** Returns P(fake) of [tile], which has the size of the input tensor. */
    fun score(tile: RgbImage): Float
}

/**
 * A model that answers. It takes no preprocessing options: the contract knows.
 *
 * One call at a time: a second thread waits, so that [close] never takes the model from under a check.
 */
class Detector(val contract: Contract, private val scorer: TileScorer) : AutoCloseable {
    private var closed = false

    /** Returns the verdict on an upright [image]. */
    @Synchronized
    fun check(image: RgbImage): Verdict {
        val start = System.nanoTime()
        val spec = contract.input
        val regions = if (spec.fit == Fit.TILES) {
            scoreRegions(image, placeTiles(image.width, image.height, spec))
        } else {
            listOf(Region(Place(0, 0), spec.size, score(resize(image, spec.size, spec.size))))
        }
        val pFake = pool(FloatArray(regions.size) { regions[it].pFake }, spec.pool)
        val tiled = spec.fit == Fit.TILES
        return Verdict(
            label = decide(pFake, contract.decision),
            pFake = pFake,
            model = contract.name,
            latencyMs = (System.nanoTime() - start) / 1e6,
            reduction = if (tiled) 1.0 else max(image.width, image.height).toDouble() / spec.size,
            regions = if (tiled) regions else emptyList(),
        )
    }

    /**
     * Returns what the model says of up to [most] overlapping tiles all over [image], for a heat map.
     *
     * Empty where the model looks at the picture as a whole.
     */
    @Synchronized
    fun mapRegions(image: RgbImage, most: Int = 600): List<Region> {
        val spec = contract.input
        if (spec.fit != Fit.TILES) return emptyList()
        return scoreRegions(image, placeGrid(image.width, image.height, spec.size, most))
    }

    @Synchronized
    override fun close() {
        if (!closed) scorer.close()
        closed = true
    }

    private fun scoreRegions(image: RgbImage, places: List<Place>): List<Region> {
        val size = contract.input.size
        return places.map { Region(it, size, score(cutTile(image, it, size))) }
    }

    private fun score(tile: RgbImage): Float {
        check(!closed) { "the detector is closed" }
        return scorer.score(tile)
    }
}

/** Returns P(fake) of a picture from that of its tiles: a single one speaks for itself, unclipped. */
fun pool(scores: FloatArray, pool: Pool): Double =
    if (scores.size == 1) scores[0].toDouble() else poolScores(scores, pool)
