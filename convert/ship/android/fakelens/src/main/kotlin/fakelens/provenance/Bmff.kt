package fakelens.provenance

private const val C2PA_UUID = "\u00d8\u00fe\u00c3\u00d6\u001b\u000eH<\u0092\u0097X(\u0087~\u00c4\u0081"
private const val XMP_UUID = "\u00bez\u00cf\u00cb\u0097\u00a9B\u00e8\u009cq\u0099\u0094\u0091\u00e3\u00af\u00ac"
private const val XMP_TYPE = "application/rdf+xml"
private const val MOST_META_BYTES = 1 shl 20
private const val MOST_EXTENTS = 16 // of an item
private const val MOST_READ_BYTES = 32 shl 20 // of all items of a file

private class Box(val name: String, val at: Int, val data: Bytes)

private class Extent(val offset: Int, val length: Int)

private class Item(val kind: PartKind, val extents: MutableList<Extent> = mutableListOf())

/** How much of a file is read yet. */
private class Budget(var bytesLeft: Int = MOST_READ_BYTES)

/** Returns the parts of a HEIF or AVIF file. */
internal fun readBmff(file: Bytes): Sequence<Part> = sequence {
    val budget = Budget()
    for (box in walk(file)) {
        val where = "box ${box.name} at byte ${box.at}"
        val data = box.data
        val content = data.sub(16, 16 + MOST_PART_BYTES) // behind the identifier
        when {
            box.name == "meta" -> yieldAll(readMeta(file, data.sub(4, MOST_META_BYTES), box.at, budget))
            box.name != "uuid" -> continue
            data.startsWith(XMP_UUID) -> yield(Part(PartKind.XMP, content, where))
            data.startsWith(C2PA_UUID) -> // version, the purpose, an offset of 8 bytes
                yield(Part(PartKind.C2PA, content.sub(content.findZero(4) + 9), where))
        }
    }
}

private fun walk(bytes: Bytes): Sequence<Box> = sequence {
    var at = 0
    var steps = 0
    while (at + 8 <= bytes.size && steps++ < MOST_STEPS) {
        val head = if (bytes.number(at, 4) == 1L) 16 else 8
        var length = if (head == 16) bytes.length(at + 8, 8) else bytes.length(at, 4)
        if (length == 0) length = bytes.size - at
        if (length < head) return@sequence
        yield(Box(bytes.sub(at + 4, at + 8).latin1(), at, bytes.sub(at + head, at + length)))
        at += length
    }
}

private fun readMeta(file: Bytes, meta: Bytes, at: Int, budget: Budget): Sequence<Part> {
    val boxes = walk(meta).associate { it.name to it.data }
    val items = findItems(boxes["iinf"] ?: Bytes(ByteArray(0)))
    locateItems(boxes["iloc"] ?: Bytes(ByteArray(0)), items)
    return items.asSequence().map { (id, item) ->
        var data = joinExtents(file, item.extents, minOf(MOST_TEXT_BYTES, budget.bytesLeft))
        budget.bytesLeft -= data.size
        if (item.kind == PartKind.EXIF) data = data.sub(4 + data.length(0, 4)) // where the TIFF structure begins
        Part(item.kind, data, "item $id of box meta at byte $at")
    }
}

/** Returns the first [most] bytes of an item, whose extents are as wild as they like: others may stand behind. */
private fun joinExtents(file: Bytes, extents: List<Extent>, most: Int): Bytes {
    var left = most
    val pieces = extents.map { extent ->
        val piece = file.sub(extent.offset, extent.offset + minOf(extent.length, left))
        left -= piece.size
        piece
    }
    return concat(pieces)
}

private fun findItems(iinf: Bytes): Map<Long, Item> {
    val items = linkedMapOf<Long, Item>()
    for (box in walk(iinf.sub(if (iinf[0] != 0) 8 else 6))) {
        val data = box.data
        if (box.name != "infe" || (data[0] != 2 && data[0] != 3)) continue
        val wide = if (data[0] == 2) 2 else 4
        val id = data.number(4, wide)
        val rest = data.sub(10 + wide)
        if (data.startsWith("Exif", 6 + wide)) items[id] = Item(PartKind.EXIF)
        val isXmp = data.startsWith("mime", 6 + wide) && rest.startsWith(XMP_TYPE, rest.findZero() + 1)
        if (isXmp) items[id] = Item(PartKind.XMP)
    }
    return items
}

/** Fills the extents of [items]; those inside other boxes than the file are left out. */
private fun locateItems(iloc: Bytes, items: Map<Long, Item>) {
    val version = iloc[0]
    var at = 4
    var steps = 0
    fun take(count: Int): Int {
        at += count
        return iloc.length(at - count, count)
    }
    val sizes = take(2)
    val (offsetBytes, lengthBytes, baseBytes, indexBytes) = listOf(12, 8, 4, 0).map { (sizes shr it) and 15 }
    val wide = if (version < 2) 2 else 4
    repeat(take(wide)) {
        if (at >= iloc.size || ++steps > MOST_STEPS) return
        val item = items[take(wide).toLong()]
        val method = if (version != 0) take(2) and 15 else 0
        take(2) // data reference
        val base = take(baseBytes)
        repeat(take(2)) {
            if (at >= iloc.size || ++steps > MOST_STEPS) return
            if (version != 0) take(indexBytes)
            val offset = base + take(offsetBytes)
            val length = take(lengthBytes)
            if (item != null && method == 0 && item.extents.size < MOST_EXTENTS) {
                item.extents += Extent(offset, length)
            }
        }
    }
}
