package fakelens.provenance

import java.util.zip.DataFormatException
import java.util.zip.Inflater
import kotlin.math.min

private const val MOST_LENGTH = 1 shl 29 // that a file can declare: no file here is so long

/** A part of an array, of which nothing is copied; beyond its end there are zeros and nothing. */
internal class Bytes(private val array: ByteArray, private val from: Int = 0, to: Int = array.size) {
    val size = to - from

    operator fun get(at: Int): Int = if (at in 0 until size) array[from + at].toInt() and 0xFF else 0

    /** Returns the part from [start] to [end], as much of it as is there. */
    fun sub(start: Int, end: Int = size): Bytes {
        val first = start.coerceIn(0, size)
        return Bytes(array, from + first, from + end.coerceIn(first, size))
    }

    fun number(at: Int, count: Int, little: Boolean = false): Long {
        var value = 0L
        for (index in 0 until count) {
            val place = if (little) at + count - 1 - index else at + index
            value = (value shl 8) or this[place].toLong()
        }
        return value
    }

    /** Returns a number that is a length or an offset; a larger one than any file has is cut. */
    fun length(at: Int, count: Int, little: Boolean = false): Int =
        number(at, count, little).let { if (it in 0..MOST_LENGTH) it.toInt() else MOST_LENGTH }

    fun latin1(): String = String(array, from, size, Charsets.ISO_8859_1)

    fun utf8(): String = String(array, from, size, Charsets.UTF_8)

    fun decode(name: String): String = String(array, from, size, charset(name))

    fun startsWith(text: String, at: Int = 0): Boolean = sub(at, at + text.length).latin1() == text

    /** Returns where the next [byte] is; the end where there is none. */
    fun find(byte: Int, start: Int = 0): Int = (start until size).firstOrNull { this[it] == byte } ?: maxOf(start, size)

    fun findZero(start: Int = 0): Int = find(0, start)

    fun toArray(): ByteArray = array.copyOfRange(from, from + size)

    /** Returns the first [most] bytes that these inflate to; nothing where they are damaged. */
    fun inflate(most: Int): Bytes {
        val inflater = Inflater()
        val inflated = ByteArray(most)
        var length = 0
        try {
            inflater.setInput(array, from, min(size, most))
            while (length < most && !inflater.finished()) {
                val count = inflater.inflate(inflated, length, most - length)
                if (count == 0) break // it ends early, or asks for a dictionary
                length += count
            }
        } catch (_: DataFormatException) {
            length = 0
        } finally {
            inflater.end()
        }
        return Bytes(inflated.copyOf(length))
    }
}

internal fun concat(pieces: List<Bytes>): Bytes {
    val joined = ByteArray(pieces.sumOf { it.size })
    var at = 0
    for (piece in pieces) {
        piece.toArray().copyInto(joined, at)
        at += piece.size
    }
    return Bytes(joined)
}
