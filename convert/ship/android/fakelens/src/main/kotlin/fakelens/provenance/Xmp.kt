package fakelens.provenance

private const val MOST_BYTES = 1 shl 20
private const val HEAD_BYTES = 100 // among which a declaration names its encoding
private const val MOST_VALUES = 50_000 // of Photoshop's lists of ancestors there are thousands
private const val MOST_VALUE_CHARS = 64 shl 10
private const val LITERAL = "<![CDATA["
private const val OWNER_AMONG = 4 // open elements: a text belongs to the innermost that is not RDF's own
private const val EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
private const val RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
private val SOURCE_TYPES = setOf("DigitalSourceType", "DigitalSourceFileType") // the second is Google's of 2024
private val AI_FIELDS = listOf("AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName")
private val NO_XML = Regex("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]") // characters that XML does not know
private val ENTITIES = mapOf("lt" to "<", "gt" to ">", "amp" to "&", "quot" to "\"", "apos" to "'")
private val ENTITY = Regex("&(#x?[0-9a-fA-F]{1,6}|\\w{1,8});")
private val HALVES = 0xD800..0xDFFF // of a pair, and no characters
internal const val CREDENTIALS_NAMED =
    "names Content Credentials that the file does not hold: stripped, or kept elsewhere"

private class Property(val space: String, val name: String, val value: String)

/** Returns what the XMP packet [data] says. */
internal fun readXmp(data: Bytes, where: String): List<Evidence> {
    val found = mutableListOf<Evidence>()
    val aiFields = mutableMapOf<String, String>()
    for (property in XmpReader(decodePacket(data)).read()) {
        val isAiField = property.space == EXTENSION && property.name in AI_FIELDS
        if (isAiField) aiFields.putIfAbsent(property.name, property.value)
        found += judgeProperty(property, where)
    }
    val named = AI_FIELDS.mapNotNull { aiFields[it] }
    if (named.isNotEmpty()) {
        val edited = found.any { it.strength == Strength.DECLARES_EDITED }
        val strength = if (edited) Strength.DECLARES_EDITED else Strength.DECLARES_GENERATED
        val what = "its XMP names the AI system or the prompt behind the picture"
        found += Evidence(Source.XMP, strength, what, quote(named.joinToString("; ")), where)
    }
    return found.distinct()
}

/** Returns a packet as text; bytes of another encoding, as old programs write them into a title, are passed over. */
private fun decodePacket(data: Bytes): String {
    val packet = data.sub(data.find('<'.code), MOST_BYTES)
    val text = if (packet.size > 1 && packet[1] == 0) packet.decode("UTF-16LE") else packet.utf8()
    val isLatin1 = '\ufffd' in text && namesLatin1(packet)
    return NO_XML.replace(if (isLatin1) packet.latin1() else text, "\ufffd")
}

/** Whether [packet] says that it is in Latin-1: often wrong, and asked where it is no UTF-8. */
private fun namesLatin1(packet: Bytes): Boolean {
    val head = packet.sub(0, HEAD_BYTES).latin1().lowercase()
    return head.startsWith("<?xml") && "iso-8859-1" in head
}

private fun judgeProperty(property: Property, where: String): List<Evidence> {
    val (space, name, value) = Triple(property.space, property.name, property.value)
    return when {
        space == EXTENSION && name in SOURCE_TYPES -> {
            val read = readSourceType(value) ?: return emptyList()
            val what = "its XMP gives the source type: ${read.meaning}"
            listOf(Evidence(Source.XMP, read.strength, what, quote(read.name), where))
        }
        name == "AIGC" && "tc260" in space.lowercase() -> judgeAigcLabel(value, Source.XMP, where)
        name == "Credit" && "photoshop" in space -> judgeCredit(value, Source.XMP, where)
        name == "CreatorTool" && space == "http://ns.adobe.com/xap/1.0/" -> judgeSoftware(value, Source.XMP, where)
        name == "description" && space == "http://purl.org/dc/elements/1.1/" ->
            judgeDescription(value, Source.XMP, where)
        name == "provenance" && space == "http://purl.org/dc/terms/" ->
            listOf(Evidence(Source.XMP, Strength.NOTE, CREDENTIALS_NAMED, quote(value), where))
        else -> emptyList()
    }
}

private class Element(val name: String, val declared: List<String>)

/**
 * Reads the properties of a packet, those before the damage where it is damaged or cut.
 *
 * A small reader of its own: Android's parsers expand entities, or are not on a plain JVM. A document type ends the
 * reading, since XMP has none and an attack has.
 */
private class XmpReader(private val text: String) {
    private val properties = mutableListOf<Property>()
    private val elements = ArrayDeque<Element>()
    private val spaces = mutableMapOf<String, ArrayDeque<String>>() // by prefix, the innermost last
    private val words = StringBuilder()
    private var at = 0

    fun read(): List<Property> {
        while (at < text.length && properties.size < MOST_VALUES) {
            val read = when {
                text[at] != '<' -> readWords()
                text.startsWith("<!--", at) -> skipTo("-->")
                text.startsWith("<?", at) -> skipTo("?>")
                text.startsWith(LITERAL, at) -> readLiteral()
                else -> readTag()
            }
            if (!read) break
        }
        return properties
    }

    private fun readWords(): Boolean {
        val end = text.indexOf('<', at).let { if (it < 0) text.length else it }
        if (words.length < MOST_VALUE_CHARS) words.append(decodeEntities(text.substring(at, end)))
        at = end
        return true
    }

    private fun readLiteral(): Boolean {
        val start = at + LITERAL.length
        at = start
        if (!skipTo("]]>")) return false
        if (words.length < MOST_VALUE_CHARS) words.append(text, start, at - "]]>".length)
        return true
    }

    private fun skipTo(mark: String): Boolean {
        val end = text.indexOf(mark, at)
        at = end + mark.length
        return end >= 0
    }

    /** Reads `<name key="value">`, `<name/>` or `</name>`; false where it is none. */
    private fun readTag(): Boolean {
        at += 1
        val isEnd = at < text.length && text[at] == '/'
        if (isEnd) at += 1
        val name = takeName() ?: return false
        val pairs = mutableListOf<Pair<String, String>>()
        while (true) {
            skipBlanks()
            if (at >= text.length) return false
            if (text[at] == '>' || text[at] == '/') break
            pairs += takeAttribute() ?: return false
        }
        val isSingle = text[at] == '/'
        if (isSingle) at += 1
        if (at >= text.length || text[at] != '>') return false
        at += 1
        if (!isEnd) begin(name, pairs)
        if (isEnd || isSingle) end()
        return true
    }

    private fun takeName(): String? {
        val start = at
        while (at < text.length && !text[at].isWhitespace() && text[at] !in "<>/=!?\"'") at += 1
        return if (at > start) text.substring(start, at) else null
    }

    private fun takeAttribute(): Pair<String, String>? {
        val name = takeName() ?: return null
        skipBlanks()
        if (at >= text.length || text[at] != '=') return null
        at += 1
        skipBlanks()
        if (at >= text.length || text[at] !in "\"'") return null
        val end = text.indexOf(text[at], at + 1)
        if (end < 0) return null
        val value = text.substring(at + 1, end)
        at = end + 1
        return if ('<' in value) null else name to decodeEntities(value)
    }

    private fun skipBlanks() {
        while (at < text.length && text[at].isWhitespace()) at += 1
    }

    private fun begin(tag: String, pairs: List<Pair<String, String>>) {
        val declared = pairs.filter { (key, _) -> key == "xmlns" || key.startsWith("xmlns:") }
        for ((key, value) in declared) spaces.getOrPut(key.drop("xmlns:".length)) { ArrayDeque() }.add(value)
        val owner = resolve(tag, isElement = true)
        words.clear()
        elements += Element(owner, declared.map { (key, _) -> key.drop("xmlns:".length) })
        for ((key, value) in pairs) { // an address may stand as an attribute of the property's element
            val name = resolve(key)
            add(if (name == "$RDF\nresource") owner else name, value)
        }
    }

    private fun end() {
        val owner = elements.takeLast(OWNER_AMONG).lastOrNull { !it.name.startsWith(RDF) }
        if (owner != null) add(owner.name, words.toString())
        words.clear()
        for (prefix in elements.removeLastOrNull()?.declared ?: emptyList()) spaces[prefix]?.removeLastOrNull()
    }

    /** Returns [name] behind its namespace, where it has one; attributes have none by default. */
    private fun resolve(name: String, isElement: Boolean = false): String {
        val isPlain = ':' !in name
        val space = if (isPlain && !isElement) null else spaces[name.substringBefore(':', "")]?.lastOrNull()
        return if (space.isNullOrEmpty()) name else "$space\n${name.substringAfter(':')}"
    }

    private fun add(name: String, value: String) {
        if ('\n' !in name || value.isBlank()) return
        val kept = value.trim().take(MOST_VALUE_CHARS)
        properties += Property(name.substringBeforeLast('\n'), name.substringAfterLast('\n'), kept)
    }
}

private fun decodeEntities(text: String): String = if ('&' !in text) text else ENTITY.replace(text) { found ->
    val name = found.groupValues[1]
    val code = when {
        !name.startsWith("#") -> return@replace ENTITIES[name] ?: found.value
        name.startsWith("#x") -> name.drop(2).toIntOrNull(16)
        else -> name.drop(1).toIntOrNull()
    }
    val known = code?.takeIf { Character.isValidCodePoint(it) && it !in HALVES }
    if (known == null) found.value else String(Character.toChars(known))
}
