package fakelens.provenance

internal enum class PartKind { C2PA, XMP, EXIF, IPTC, TEXT, TRAILER }

/** A part of an image file that may speak. */
internal class Part(
    val kind: PartKind,
    val data: Bytes,
    val where: String,
    val key: String = "Comment", // of a text
    val packed: Boolean = false, // by deflate
    val tags: Tags? = null, // of a TIFF file, all over which they lie
)

internal const val MOST_PARTS = 5_000 // of one file; a file has a handful
internal const val MOST_PART_BYTES = 8 shl 20
internal const val MOST_STEPS = 50_000 // segments, chunks, blocks or boxes of one file
internal const val MOST_TEXT_BYTES = 1 shl 20 // of one text

/** Returns the IPTC datasets inside Photoshop's image resources. */
internal fun findIptc(photoshop: Bytes, where: String): List<Part> {
    val found = mutableListOf<Part>()
    var at = 0
    while (photoshop.startsWith("8BIM", at)) {
        var end = at + 7 + photoshop[at + 6]
        end += (end - at) % 2
        val length = photoshop.length(end, 4)
        if (photoshop.number(at + 4, 2) == 0x0404L) {
            found += Part(PartKind.IPTC, photoshop.sub(end + 4, end + 4 + length), where)
        }
        at = end + 4 + length + length % 2
    }
    return found
}
