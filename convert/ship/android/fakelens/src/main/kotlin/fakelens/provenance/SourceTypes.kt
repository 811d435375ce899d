package fakelens.provenance

private val BASES = listOf("://cv.iptc.org/newscodes/digitalsourcetype/", "://c2pa.org/digitalsourcetype/")
private val MEANINGS = mapOf(
    "trainedAlgorithmicMedia" to (Strength.DECLARES_GENERATED to "made by generative AI"),
    "trainedAlgorithmicData" to (Strength.DECLARES_GENERATED to "made by generative AI"),
    "compositeWithTrainedAlgorithmicMedia" to (Strength.DECLARES_EDITED to "edited with generative AI"),
    "compositeSynthetic" to (Strength.DECLARES_EDITED to "a composite with synthetic parts"),
    "digitalCapture" to (Strength.SPEAKS_FOR_A_CAMERA to "captured by a digital camera"),
    "computationalCapture" to (Strength.SPEAKS_FOR_A_CAMERA to "captured by a camera that computes"),
    "compositeCapture" to (Strength.SPEAKS_FOR_A_CAMERA to "a composite of captured pictures"),
    "negativeFilm" to (Strength.SPEAKS_FOR_A_CAMERA to "scanned from film"),
    "positiveFilm" to (Strength.SPEAKS_FOR_A_CAMERA to "scanned from film"),
    "print" to (Strength.SPEAKS_FOR_A_CAMERA to "scanned from a print"),
    "algorithmicMedia" to (Strength.NOTE to "made by an algorithm that was not trained, which is not AI"),
    "algorithmicallyEnhanced" to (Strength.NOTE to "enhanced by an algorithm"),
)
private val UNKNOWN = Strength.NOTE to "of a kind that says nothing of AI or cameras"

/** What the address of a digital source type (IPTC newscodes, and C2PA's additions) says. */
internal class SourceType(val strength: Strength, val meaning: String, val name: String)

/** Returns what the address [value] says; null where it is none. */
internal fun readSourceType(value: String): SourceType? {
    val base = BASES.find { it in value } ?: return null
    val name = value.substringAfter(base).ifEmpty { return null }
    val (strength, meaning) = MEANINGS[name] ?: UNKNOWN
    return SourceType(strength, meaning, name)
}
