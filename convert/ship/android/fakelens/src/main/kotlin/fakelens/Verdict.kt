package fakelens

import fakelens.provenance.Evidence
import fakelens.provenance.declaresGenerated

/** The three answers. */
enum class Label { REAL, FAKE, UNSURE }

/** A tile of a picture, and P(fake) of it alone. */
data class Region(val place: Place, val size: Int, val pFake: Float)

/** What one view of a model says of a picture. */
data class ViewScore(val name: String, val pFake: Double)

/** What a model says of one picture. */
data class Verdict(
    val label: Label,
    val pFake: Double,
    val model: String,
    val latencyMs: Double, // fitting and inference, without decoding
    val reduction: Double, // how many times the picture was scaled down, along its longer side
    val regions: List<Region>, // the tiles; empty where the model looks at the picture as a whole
    val reason: Reason? = null, // why there is nothing left to see; the answer is UNSURE then
    val views: List<ViewScore> = emptyList(), // none where the model has one view
    val evidence: List<Evidence>? = null, // what the file says of itself; null where it was not asked
    val pixelsLabel: Label? = null, // the pixels' answer, where the file's own statement decided instead
)

/** Returns the answer for [pFake] by the contract's threshold and UNSURE band; UNSURE where there is a [reason]. */
fun decide(pFake: Double, decision: Decision, reason: Reason? = null): Label = when {
    reason != null -> Label.UNSURE
    pFake >= decision.unsureLow && pFake <= decision.unsureHigh -> Label.UNSURE
    pFake >= decision.threshold -> Label.FAKE
    else -> Label.REAL
}

/**
 * Returns [verdict], which is of the pixels, with what the file says of itself.
 *
 * A declared generator decides, whatever the pixels. Nothing else does: that a file declares none says nothing, and a
 * camera named in it turns no FAKE into REAL, since anybody can write that.
 */
fun fuseEvidence(verdict: Verdict, evidence: List<Evidence>): Verdict = if (declaresGenerated(evidence)) {
    verdict.copy(label = Label.FAKE, evidence = evidence, pixelsLabel = verdict.label)
} else {
    verdict.copy(evidence = evidence)
}
