package fakelens.provenance

private const val TAIL_BYTES = 256 shl 10
private const val ADOBE = "http://ns.adobe.com" // a name, which is never loaded
private const val XMP = "$ADOBE/xap/1.0/\u0000"
private const val MORE_XMP = "$ADOBE/xmp/extension/\u0000"
private const val PHOTOSHOP = "Photoshop 3.0\u0000"
private const val EXIF = "Exif\u0000\u0000"
private val BARE = setOf(0x00, 0x01) + (0xD0..0xD8) // markers without a length; 0x00 is none, but junk
private val LOOSE_BOX = Regex("\u00ff\u00d9(?=[\\s\\S]{4}jumb[\\s\\S]{4}jumd)")

/** Returns the parts of the image file [file], whatever its name; none where it is no image. */
internal fun readParts(file: Bytes): Sequence<Part> {
    val parts = when {
        file.startsWith("\u00ff\u00d8\u00ff") -> readJpeg(file)
        file.startsWith("\u0089PNG\r\n\u001a\n") -> readPng(file)
        file.startsWith("RIFF") && file.startsWith("WEBP", 8) -> readWebp(file)
        file.startsWith("GIF87a") || file.startsWith("GIF89a") -> readGif(file)
        file.startsWith("II*\u0000") || file.startsWith("MM\u0000*") -> readTiff(file)
        file.startsWith("ftyp", 4) -> readBmff(file)
        else -> emptySequence()
    }
    return parts.take(MOST_PARTS)
}

private class Piece(val order: Long, val data: Bytes, val at: Int)

private fun readJpeg(file: Bytes): Sequence<Part> = sequence {
    val boxes = linkedMapOf<String, MutableList<Piece>>()
    val moreXmp = mutableListOf<Piece>()
    val photoshop = mutableListOf<Piece>()
    var at = 2
    var steps = 0
    while (at + 4 <= file.size && steps++ < MOST_STEPS) {
        if (file[at] != 0xFF) { // junk, which decoders pass over up to the next marker
            at = file.find(0xFF, at)
            continue
        }
        val marker = file[at + 1]
        if (marker == 0xFF || marker in BARE) { // padding; a marker alone
            at += if (marker == 0xFF) 1 else 2
            continue
        }
        val length = file.length(at + 2, 2)
        if (marker == 0xDA || length < 2) break // the first scan
        val data = file.sub(at + 4, at + 2 + length)
        val where = "JPEG segment ${if (marker == 0xFE) "COM" else "APP${marker - 0xE0}"} at byte $at"
        when {
            marker == 0xFE -> yield(Part(PartKind.TEXT, data, where))
            marker == 0xE1 && data.startsWith("Exif\u0000") -> yield(Part(PartKind.EXIF, data.sub(6), where))
            marker == 0xE1 && data.startsWith(XMP) -> yield(Part(PartKind.XMP, data.sub(XMP.length), where))
            marker == 0xE1 && data.startsWith(MORE_XMP) -> moreXmp += Piece(0, data.sub(MORE_XMP.length + 40), at)
            marker == 0xEB && data.startsWith("JP") -> {
                val box = data.sub(2, 4).latin1() + data.sub(12, 16).latin1() // its number and its kind
                boxes.getOrPut(box) { mutableListOf() } += Piece(data.number(4, 4), data.sub(8), at)
            }
            marker == 0xED && data.startsWith(PHOTOSHOP) -> photoshop += Piece(0, data.sub(PHOTOSHOP.length), at)
        }
        at += 2 + length
    }
    for (pieces in boxes.values) yield(joinBoxes(pieces))
    if (moreXmp.isNotEmpty()) {
        yield(Part(PartKind.XMP, concat(moreXmp.map { it.data }), "JPEG segment APP1 at byte ${moreXmp[0].at}"))
    }
    if (photoshop.isNotEmpty()) {
        yieldAll(findIptc(concat(photoshop.map { it.data }), "JPEG segment APP13 at byte ${photoshop[0].at}"))
    }
    yieldAll(readTail(file, at))
}

private fun joinBoxes(found: List<Piece>): Part {
    val pieces = found.sortedBy { it.order }
    val first = pieces[0]
    val head = if (first.data.number(0, 4) == 1L) 16 else 8 // each further piece repeats the head of the box
    val data = concat(listOf(first.data) + pieces.drop(1).map { it.data.sub(head) })
    return Part(PartKind.C2PA, data, "JPEG segment APP11 at byte ${first.at}")
}

/** Returns what Samsung's phones write behind the picture, and boxes that FLUX's makers append there. */
private fun readTail(file: Bytes, scanAt: Int): List<Part> {
    val start = maxOf(scanAt, file.size - TAIL_BYTES)
    val tail = file.sub(start)
    val text = tail.latin1()
    val found = mutableListOf<Part>()
    if (text.endsWith("SEFT")) found += Part(PartKind.TRAILER, tail, "JPEG trailer")
    LOOSE_BOX.find(text)?.let {
        val at = it.range.last + 1
        found += Part(PartKind.C2PA, tail.sub(at), "JPEG trailer at byte ${start + at}")
    }
    return found
}

private fun readPng(file: Bytes): Sequence<Part> = sequence {
    var at = 8
    var steps = 0
    while (at + 8 <= file.size && steps++ < MOST_STEPS) {
        val length = file.length(at, 4)
        val name = file.sub(at + 4, at + 8).latin1()
        val where = "PNG chunk $name at byte $at"
        val data = file.sub(at + 8, at + 8 + minOf(length, MOST_PART_BYTES))
        when (name) {
            "tEXt", "zTXt", "iTXt" -> yield(readText(name, data, where))
            "eXIf" -> yield(Part(PartKind.EXIF, withoutName(data), where))
            "caBX" -> yield(Part(PartKind.C2PA, data, where))
            "IEND" -> {
                val trailer = file.sub(at + 12, at + 12 + TAIL_BYTES)
                if (trailer.startsWith("jumb", 4)) yield(Part(PartKind.C2PA, trailer, "PNG trailer at byte ${at + 12}"))
                return@sequence
            }
        }
        at += 12 + length
    }
}

private fun withoutName(data: Bytes): Bytes = if (data.startsWith(EXIF)) data.sub(EXIF.length) else data

private fun readText(name: String, data: Bytes, where: String): Part {
    val end = data.findZero()
    val key = data.sub(0, minOf(end, 79)).latin1()
    var text = data.sub(end + 1)
    var packed = name == "zTXt"
    if (packed) {
        text = text.sub(1)
    } else if (name == "iTXt") {
        packed = text[0] == 1
        text = text.sub(2)
        repeat(2) { text = text.sub(text.findZero() + 1) } // language, translated key
    } else if ('\ufffd' in text.utf8()) {
        text = Bytes(text.latin1().toByteArray())
    }
    return Part(if (key == "XML:com.adobe.xmp") PartKind.XMP else PartKind.TEXT, text, where, key, packed)
}

private val WEBP_KINDS = mapOf("EXIF" to PartKind.EXIF, "XMP " to PartKind.XMP, "C2PA" to PartKind.C2PA)

private fun readWebp(file: Bytes): Sequence<Part> = sequence {
    var at = 12
    var steps = 0
    while (at + 8 <= file.size && steps++ < MOST_STEPS) {
        val name = file.sub(at, at + 4).latin1()
        val length = file.length(at + 4, 4, little = true)
        WEBP_KINDS[name]?.let { kind ->
            val data = withoutName(file.sub(at + 8, at + 8 + minOf(length, MOST_PART_BYTES)))
            yield(Part(kind, data, "WebP chunk ${name.trim()} at byte $at"))
        }
        at += 8 + length + length % 2
    }
}

private fun readGif(file: Bytes): Sequence<Part> = sequence {
    var at = 13 + tableBytes(file[10])
    var steps = 0
    while (at + 2 <= file.size && steps++ < MOST_STEPS) {
        val where = "GIF extension at byte $at"
        val isApplication = file[at] == 0x21 && file[at + 1] == 0xFF
        when {
            file[at] == 0x2C -> at = findEnd(file, at + 11 + tableBytes(file[at + 9]))
            file[at] != 0x21 -> return@sequence
            file[at + 1] == 0xFE -> {
                yield(Part(PartKind.TEXT, joinBlocks(file, at + 2), where))
                at = findEnd(file, at + 2)
            }
            isApplication && file.startsWith("XMP DataXMP", at + 3) -> { // unblocked, before a trailer of 257 bytes
                val end = findEnd(file, at + 14)
                yield(Part(PartKind.XMP, file.sub(at + 14, end - 257), where))
                at = end
            }
            isApplication && file.startsWith("C2PA_GIF", at + 3) -> {
                yield(Part(PartKind.C2PA, joinBlocks(file, at + 14), where))
                at = findEnd(file, at + 14)
            }
            else -> at = findEnd(file, at + 2)
        }
    }
}

private fun tableBytes(flags: Int): Int = if (flags and 0x80 != 0) 3 shl ((flags and 7) + 1) else 0

private fun walkBlocks(file: Bytes, start: Int): Sequence<Int> =
    generateSequence(start) { it + 1 + file[it] }.takeWhile { file[it] != 0 }.take(MOST_STEPS)

private fun joinBlocks(file: Bytes, start: Int): Bytes =
    concat(walkBlocks(file, start).map { file.sub(it + 1, it + 1 + file[it]) }.toList()).sub(0, MOST_PART_BYTES)

private fun findEnd(file: Bytes, start: Int): Int {
    val last = walkBlocks(file, start).lastOrNull() ?: return start + 1
    return last + 2 + file[last]
}
