package fakelens.provenance

private const val MOST_DEPTH = 32
private const val MOST_ITEMS = 50_000
private val BREAK = Any()

/** The data are damaged, or nested or numerous beyond the bounds. */
internal class CborException(message: String) : Exception(message)

/**
 * Returns the first item of [data] (RFC 8949): texts, whole numbers, [Bytes], booleans, null, lists and maps of these.
 *
 * Keys of maps, text or numbers, are texts; others are left out, and tags. Numbers with a point are null: nothing here
 * asks for them.
 */
internal fun decodeCbor(data: Bytes): Any? {
    val item = CborDecoder(data).decode(0)
    if (item === BREAK) throw CborException("a break where nothing was open")
    return item
}

private class CborDecoder(private val data: Bytes) {
    private var at = 0
    private var items = 0

    fun decode(depth: Int): Any? {
        if (depth > MOST_DEPTH || ++items > MOST_ITEMS) throw CborException("nested too deep or too long")
        val first = take(1)[0]
        val major = first shr 5
        val info = first and 31
        if (major == 7) return decodeSimple(info)
        if (info == 31) return decodeOpen(major, depth)
        val count = takeNumber(info)
        return when (major) {
            0 -> count
            1 -> -1 - count
            2 -> take(count)
            3 -> take(count).utf8()
            4 -> decodeSome(count, depth)
            5 -> toMap(decodeSome(count * 2, depth))
            else -> decode(depth + 1)
        }
    }

    private fun decodeSome(count: Long, depth: Int): List<Any?> {
        if (count !in 0..MOST_ITEMS) throw CborException("too long")
        return List(count.toInt()) {
            val item = decode(depth + 1)
            if (item === BREAK) throw CborException("a break inside a list of known length")
            item
        }
    }

    private fun decodeOpen(major: Int, depth: Int): Any? {
        if (major !in 2..5) throw CborException("no such item")
        val found = mutableListOf<Any?>()
        while (true) {
            val item = decode(depth + 1)
            if (item === BREAK) break
            found += item
        }
        return when (major) {
            2 -> concat(found.filterIsInstance<Bytes>())
            3 -> found.filterIsInstance<String>().joinToString("")
            4 -> found
            else -> toMap(found)
        }
    }

    private fun decodeSimple(info: Int): Any? {
        if (info == 31) return BREAK
        if (info in 24..27) take(1L shl (info - 24))
        return if (info == 20) false else if (info == 21) true else null
    }

    private fun takeNumber(info: Int): Long {
        if (info < 24) return info.toLong()
        if (info > 27) throw CborException("no such length")
        val count = 1 shl (info - 24)
        return take(count.toLong()).number(0, count)
    }

    private fun take(count: Long): Bytes {
        if (count < 0 || at + count > data.size) throw CborException("it ends early")
        at += count.toInt()
        return data.sub(at - count.toInt(), at)
    }
}

private fun toMap(flat: List<Any?>): Map<String, Any?> =
    flat.chunked(2).filter { it[0] is String || it[0] is Long }.associate { it[0].toString() to it.getOrNull(1) }
