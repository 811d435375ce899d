package fakelens.provenance

private const val MOST_TAGS = 65_535 // of one directory
private const val EXIF_DIRECTORY = 0x8769
private const val PHOTOSHOP_TAG = 0x8649
private const val C2PA_TAG = 0xCD41
private val LARGE = setOf(PHOTOSHOP_TAG, C2PA_TAG) // of a wild length, a text would use up what is read of a file
private val TYPE_BYTES = listOf(0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4)
private val OTHER_PARTS = listOf(0x02BC to PartKind.XMP, 0x83BB to PartKind.IPTC, C2PA_TAG to PartKind.C2PA)

/** The tags of a TIFF structure: of its first directory and of its EXIF directory, by number. */
internal class Tags(val values: Map<Int, Bytes>, val little: Boolean) {
    /** Returns a text, up to its first zero byte; empty where there is none. */
    fun text(tag: Int): String = values[tag]?.let { it.sub(0, it.findZero()).utf8().trim() } ?: ""
}

internal fun readTags(bytes: Bytes): Tags {
    val little = bytes.startsWith("II*\u0000")
    val values = mutableMapOf<Int, Bytes>()
    if (bytes.size < 8 || !(little || bytes.startsWith("MM\u0000*"))) return Tags(values, little)
    readDirectory(bytes, bytes.length(4, 4, little), little, values)
    val pointer = values[EXIF_DIRECTORY]
    if (pointer != null && pointer.size >= 4) readDirectory(bytes, pointer.length(0, 4, little), little, values)
    return Tags(values, little)
}

private fun readDirectory(bytes: Bytes, start: Int, little: Boolean, values: MutableMap<Int, Bytes>) {
    val count = minOf(bytes.length(start, 2, little), MOST_TAGS)
    for (at in start + 2 until start + 2 + 12 * count step 12) {
        if (at + 12 > bytes.size) return
        val tag = bytes.length(at, 2, little)
        val unit = TYPE_BYTES.getOrElse(bytes.length(at + 2, 2, little)) { 0 }
        val most = if (tag in LARGE) MOST_PART_BYTES else MOST_TEXT_BYTES
        val length = minOf(unit.toLong() * bytes.length(at + 4, 4, little), most.toLong()).toInt()
        val from = if (length <= 4) at + 8 else bytes.length(at + 8, 4, little)
        if (tag !in values) values[tag] = bytes.sub(from, from + length)
    }
}

/** Returns the parts of a TIFF file, whose own tags are those of EXIF. */
internal fun readTiff(file: Bytes): Sequence<Part> = sequence {
    val tags = readTags(file)
    val values = tags.values
    yield(Part(PartKind.EXIF, Bytes(ByteArray(0)), "TIFF tags", tags = tags))
    for ((tag, kind) in OTHER_PARTS) {
        values[tag]?.let { yield(Part(kind, it, "TIFF tag 0x%04X".format(tag))) }
    }
    values[PHOTOSHOP_TAG]?.let { yieldAll(findIptc(it, "TIFF tag 0x%04X".format(PHOTOSHOP_TAG))) }
}
