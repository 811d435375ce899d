package fakelens.provenance

private const val DESCRIPTION = 0x010E
private const val MAKE = 0x010F
private const val MODEL = 0x0110
private const val SOFTWARE = 0x0131
private const val ARTIST = 0x013B
private val EXPOSURE = listOf(0x829A, 0x829D, 0x8827) // time, aperture, ISO
private val TEXTS = listOf(DESCRIPTION to "ImageDescription", 0x9286 to "UserComment", 0x927C to "MakerNote")
private val WORKFLOWS = listOf(DESCRIPTION to "ImageDescription", MAKE to "Make", MODEL to "Model")
private val GROK_SIGNATURE = Regex("""Signature: [A-Za-z0-9+/=]{40,}\s*""")
private val UUID = Regex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOption.IGNORE_CASE)
private const val MOST_DATASETS = 50_000 // a keyword is one
private const val MOST_LENGTH_BYTES = 4 // of a long dataset
private const val CREDIT = 110
private const val PROGRAM = 65

/** Returns what the TIFF structure [data] says. */
internal fun readExif(data: Bytes, where: String): List<Evidence> = judgeTags(readTags(data), where)

/** Returns what the tags of a TIFF structure say. */
internal fun judgeTags(tags: Tags, where: String): List<Evidence> {
    val found = judgeNamed(tags, where).toMutableList()
    for ((tag, name) in TEXTS) {
        val text = decode(tags.values[tag] ?: continue, tags.little)
        if (text.isNotEmpty()) found += judgeText(name, text, Source.EXIF, "$name, $where")
    }
    for ((tag, name) in WORKFLOWS) { // as ComfyUI writes them into WebP files
        val key = tags.text(tag).substringBefore(':').lowercase()
        val text = tags.text(tag).substringAfter(':', "")
        if (key == "prompt" || key == "workflow") found += judgeWorkflow(text, Source.EXIF, "$name, $where")
    }
    return found.distinct()
}

private fun judgeNamed(tags: Tags, where: String): List<Evidence> {
    fun say(strength: Strength, what: String, words: String) =
        Evidence(Source.EXIF, strength, what, quote(words), where)
    val make = tags.text(MAKE)
    val model = tags.text(MODEL)
    val description = tags.text(DESCRIPTION)
    val artist = tags.text(ARTIST)
    val found = judgeSoftware(tags.text(SOFTWARE), Source.EXIF, "Software, $where").toMutableList()
    if (make.lowercase() == "ideogram ai") {
        found += say(Strength.DECLARES_GENERATED, "the field for its camera names a generator", make)
    } else if (make.isNotEmpty() && model.isNotEmpty() && !make.startsWith("{") && EXPOSURE.any { it in tags.values }) {
        val words = if (model.startsWith(make)) model else "$make $model"
        found += say(Strength.SPEAKS_FOR_A_CAMERA, "its EXIF names a camera and the exposure", words)
    }
    if (GROK_SIGNATURE.matches(description) && UUID.matches(artist)) {
        val what = "holds a signature and number as Grok writes them"
        found += say(Strength.DECLARES_GENERATED, what, "${description.take(40)} $artist")
    }
    return found
}

/** Returns the text of a field; a user comment begins with the name of its encoding. */
private fun decode(value: Bytes, little: Boolean): String {
    val body = value.sub(8)
    val text = when {
        value.startsWith("UNICODE\u0000") -> decodeUtf16(body, little)
        value.startsWith("ASCII\u0000\u0000\u0000") || value.startsWith("\u0000".repeat(8)) -> body.utf8()
        else -> value.utf8()
    }
    return text.trim('\u0000', ' ')
}

/** Returns UTF-16, whose byte order programs get wrong: the one with more plain letters is right. */
private fun decodeUtf16(body: Bytes, little: Boolean): String {
    val even = body.sub(0, body.size / 2 * 2)
    val (first, second) = listOf("UTF-16LE", "UTF-16BE").map(even::decode).let { if (little) it else it.reversed() }
    fun countPlain(text: String) = text.take(1000).count { it < '\u007f' }
    return if (countPlain(second) > countPlain(first)) second else first
}

/** Returns what IPTC's datasets say: the credit line and the program. */
internal fun readIptc(data: Bytes, where: String): List<Evidence> {
    val found = mutableListOf<Evidence>()
    var at = 0
    var steps = 0
    while (data[at] == 0x1C && at + 5 <= data.size && steps++ < MOST_DATASETS) {
        var start = at + 5
        var length = data.length(at + 3, 2)
        if (length and 0x8000 != 0) { // 32 KB or longer: so many bytes hold the length
            val lengthBytes = length and 0x7FFF
            if (lengthBytes > MOST_LENGTH_BYTES) break
            length = data.length(start, lengthBytes)
            start += lengthBytes
        }
        val text = data.sub(start, start + length).utf8()
        if (data[at + 1] == 2 && data[at + 2] == CREDIT) found += judgeCredit(text, Source.IPTC, where)
        if (data[at + 1] == 2 && data[at + 2] == PROGRAM) found += judgeSoftware(text, Source.IPTC, where)
        at = start + length
    }
    return found
}
