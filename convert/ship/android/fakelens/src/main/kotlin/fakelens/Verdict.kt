package fakelens

/** The three answers. */
enum class Label { REAL, FAKE, UNSURE }

/** A tile of a picture, and P(fake) of it alone. */
data class Region(val place: Place, val size: Int, val pFake: Float)

/** What a model says of one picture. */
data class Verdict(
    val label: Label,
    val pFake: Double,
    val model: String,
    val latencyMs: Double, // fitting and inference, without decoding
    val reduction: Double, // how many times the picture was scaled down, along its longer side
    val regions: List<Region>, // the tiles; empty where the model looks at the picture as a whole
)

/** Returns the answer for [pFake] by the contract's threshold and UNSURE band. */
fun decide(pFake: Double, decision: Decision): Label = when {
    pFake >= decision.unsureLow && pFake <= decision.unsureHigh -> Label.UNSURE
    pFake >= decision.threshold -> Label.FAKE
    else -> Label.REAL
}
