package fakelens.provenance

private const val MOST_FILE_BYTES = 1 shl 29
private const val MOST_BYTES = 16 shl 20 // of all parts that are judged, inflated
private const val MOST_INFLATED_BYTES = 128L shl 20 // of all parts, those that are too large for the rest among them
private val RAW_PROFILE = Regex("""Raw profile type (\w+)""")

/**
 * Returns what the image file [file] says of itself, in the order of the file; its pixels are not looked at.
 *
 * The same rules as `fakelens check`, without the marks in pixels and without verifying signatures. A damaged or
 * hostile file gives the statements that can be read, or none; it never throws.
 */
fun readEvidence(file: ByteArray): List<Evidence> {
    if (file.size > MOST_FILE_BYTES) return emptyList()
    val found = mutableListOf<Evidence>()
    var bytesLeft = MOST_BYTES
    var inflatedBytes = 0L
    for (part in readParts(Bytes(file))) {
        val data = if (part.packed) part.data.inflate(MOST_TEXT_BYTES) else part.data
        inflatedBytes += data.size
        if (inflatedBytes > MOST_INFLATED_BYTES) break
        if (data.size > bytesLeft) continue // texts may inflate to much more than the file
        bytesLeft -= data.size
        found += judge(part, data)
    }
    val holdsThem = found.any { it.source == Source.C2PA }
    return addContradictions(showStrongest(found.filter { !holdsThem || it.what != CREDENTIALS_NAMED }.distinct()))
}

private fun judge(part: Part, data: Bytes): List<Evidence> = when (part.kind) {
    PartKind.C2PA -> readC2pa(data, part.where)
    PartKind.XMP -> readXmp(data, part.where)
    PartKind.EXIF -> if (part.tags == null) readExif(data, part.where) else judgeTags(part.tags, part.where)
    PartKind.IPTC -> readIptc(data, part.where)
    PartKind.TRAILER -> judgeSamsungTrailer(data, part.where)
    PartKind.TEXT -> {
        val profile = RAW_PROFILE.matchEntire(part.key)?.groupValues?.get(1)?.lowercase()
        if (profile == null) {
            judgeText(part.key, data.utf8(), Source.TEXT, part.where)
        } else {
            judgeProfile(profile, data.latin1(), part.where)
        }
    }
}

/** Judges what ImageMagick writes as hexadecimal digits: a name, a length, then the digits. */
private fun judgeProfile(kind: String, text: String, where: String): List<Evidence> {
    val digits = text.trim().lines().drop(2).joinToString("").filterNot { it.isWhitespace() }
    if (digits.length % 2 != 0 || digits.any { Character.digit(it, 16) < 0 }) return emptyList()
    val data = Bytes(ByteArray(digits.length / 2) { digits.substring(2 * it, 2 * it + 2).toInt(16).toByte() })
    return when (kind) {
        "xmp" -> readXmp(data, where)
        "exif", "app1" -> readExif(if (data.startsWith("Exif\u0000\u0000")) data.sub(6) else data, where)
        "iptc", "8bim" -> findIptc(data, where).flatMap { readIptc(it.data, where) }
        else -> emptyList()
    }
}
