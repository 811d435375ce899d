package fakelens

import kotlin.math.max

/** A runtime that holds the model. */
interface TileScorer : AutoCloseable {
    /** Returns P(fake) of [tile], which has the size of the input tensor of [view], a number from 0. */
    fun score(tile: RgbImage, view: Int): Float
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
        val seen = spec.everyView.indices.map { look(image, it) }
        val pFake = fuse(seen.map { it.pFake }, spec.fusion)
        val limits = contract.decision.condition
        val reason = if (limits == null) null else findReason(measureCondition(image), limits)
        val tiled = spec.fit == Fit.TILES
        return Verdict(
            label = decide(pFake, contract.decision, reason),
            pFake = pFake,
            model = contract.name,
            latencyMs = (System.nanoTime() - start) / 1e6,
            reduction = if (tiled || spec.views.isNotEmpty()) 1.0 else max(image.width, image.height).toDouble() / spec.size,
            regions = if (tiled) seen[0].regions else emptyList(),
            reason = reason,
            views = spec.views.mapIndexed { index, view -> ViewScore(view.name, seen[index].pFake) },
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

    private class Seen(val pFake: Double, val regions: List<Region>)

    /** What one view says of a picture. */
    private fun look(image: RgbImage, view: Int): Seen {
        val spec = contract.input.everyView[view]
        if (spec.fit == Fit.RESIZE) {
            val pFake = score(resize(image, spec.size, spec.size), view)
            return Seen(pFake.toDouble(), listOf(Region(Place(0, 0), spec.size, pFake)))
        }
        val places = placeTiles(image.width, image.height, spec)
        val scores = FloatArray(places.size)
        val weights = DoubleArray(places.size)
        for ((index, place) in places.withIndex()) {
            val tile = cutTile(image, place, spec.size)
            scores[index] = score(tile, view)
            weights[index] = weighTile(tile, spec.pool)
        }
        val regions = places.mapIndexed { index, place -> Region(place, spec.size, scores[index]) }
        return Seen(pool(scores, spec.pool, weights), regions)
    }

    private fun scoreRegions(image: RgbImage, places: List<Place>): List<Region> {
        val size = contract.input.size
        return places.map { Region(it, size, score(cutTile(image, it, size), view = 0)) }
    }

    private fun score(tile: RgbImage, view: Int): Float {
        check(!closed) { "the detector is closed" }
        return scorer.score(tile, view)
    }
}
