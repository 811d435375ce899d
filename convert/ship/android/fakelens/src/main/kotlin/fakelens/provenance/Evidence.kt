package fakelens.provenance

import java.util.Locale

/** What a statement amounts to, the strongest first. */
enum class Strength(val text: String) {
    DECLARES_GENERATED("declares-generated"), // the file says that a generator made it
    DECLARES_EDITED("declares-edited"), // a part of it was made or changed by AI
    SPEAKS_FOR_A_CAMERA("speaks-for-a-camera"), // anybody can write that
    NOTE("note"), // worth knowing, decides nothing
}

/** Where a statement comes from. */
enum class Source { C2PA, XMP, IPTC, EXIF, TEXT, TRAILER, FILE }

/** One statement that a file makes of itself. */
data class Evidence(
    val source: Source,
    val strength: Strength,
    val what: String, // one sentence of ours
    val words: String, // the file's own, escaped and cut
    val where: String,
)

private const val MOST_WORDS = 160 // characters
private const val MOST_STATEMENTS = 100 // of one file that are shown; a file has a handful
private val BLANKS = Regex("[\\s\\u001c-\\u001f\\u0085\\p{Z}]+")
private val UNPRINTABLE = setOf(
    Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR,
).map { it.toInt() }.toSet()

/** Whether the file says that a generator made it: that decides, whatever the pixels. */
fun declaresGenerated(evidence: List<Evidence>): Boolean = evidence.any { it.strength == Strength.DECLARES_GENERATED }

/** Returns [text] fit to be shown: blanks joined, what cannot be printed escaped, cut. */
internal fun quote(text: String): String {
    val begin = text.codePoints().limit(4L * MOST_WORDS).toArray()
    val words = String(begin, 0, begin.size).split(BLANKS).filter { it.isNotEmpty() }
    val shown = StringBuilder()
    words.joinToString(" ").codePoints().forEach { shown.append(escape(it)) }
    val length = shown.codePointCount(0, shown.length)
    if (length <= MOST_WORDS) return shown.toString()
    return shown.substring(0, shown.offsetByCodePoints(0, MOST_WORDS - 1)) + "…"
}

private fun escape(code: Int): String = when {
    code == ' '.code || Character.getType(code) !in UNPRINTABLE -> String(Character.toChars(code))
    code < 0x100 -> "\\x%02x".format(code)
    code < 0x10000 -> "\\u%04x".format(code)
    else -> "\\U%08x".format(code)
}

/** Returns the strongest of [evidence], in their order, with a note where there are more than are shown. */
internal fun showStrongest(evidence: List<Evidence>): List<Evidence> {
    if (evidence.size <= MOST_STATEMENTS) return evidence
    val places = evidence.indices.sortedBy { evidence[it].strength }.take(MOST_STATEMENTS - 1).sorted()
    val more = "%,d".format(Locale.ROOT, evidence.size - places.size)
    val what = "says $more things more, which are not shown"
    return places.map { evidence[it] } + Evidence(Source.FILE, Strength.NOTE, what, "", "")
}

/** Returns [evidence] with a note where it names a camera and a generator. */
internal fun addContradictions(evidence: List<Evidence>): List<Evidence> {
    val camera = evidence.find { it.strength == Strength.SPEAKS_FOR_A_CAMERA }
    if (camera == null || !declaresGenerated(evidence)) return evidence
    val what = "contradiction: the file names a camera and a generator"
    return evidence + Evidence(Source.FILE, Strength.NOTE, what, camera.words, "")
}
