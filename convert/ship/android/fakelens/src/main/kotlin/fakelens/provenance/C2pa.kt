package fakelens.provenance

import org.json.JSONArray
import org.json.JSONException
import org.json.JSONObject

private const val MOST_DEPTH = 16
private const val MOST_BOXES = 50_000
private const val MOST_BRACKETS = 5_000 // of a JSON object
private const val MOST_ASSERTION_BYTES = 128 shl 10
private const val MOST_DECODED_BYTES = 512 shl 10
private const val HAS_LABEL = 2 // of the toggles of a description
private const val HEAD_BYTES = 8 // of a box
private const val STORE = "c2pa"
private val BEGINNINGS = setOf("c2pa.created", "c2pa.opened")
private val READ = listOf("c2pa.claim", "c2pa.actions", "c2pa.ingredient", "stds.iptc") // labels that are read begin so

private class Content(val labels: List<String>, val kind: String, val data: Bytes)

private class Action(val name: String, val sourceType: String, val software: String)

private class Ingredient(val relationship: String, val label: String)

private class Manifest {
    var generator = ""
    var signed = false
    var isDamaged = false // a part of it is missing, or cannot be read
    val assertions = mutableListOf<Content>() // as they stand there
    val actions = mutableListOf<Action>()
    val ingredients = mutableListOf<Ingredient>()
}

/** How a box ends, by the lengths that it and the boxes inside it declare; no [last] where one is missing. */
private class End(val last: String?, val isCut: Boolean)

private class JumbfBox(val kind: String, val content: Bytes, val end: Long)

/** Returns what the JUMBF boxes [data] say: each statement, and a note that they are there; none is verified. */
internal fun readC2pa(data: Bytes, where: String): List<Evidence> {
    val manifests = readManifests(data)
    if (manifests.isEmpty()) return emptyList()
    val (own, components) = trace(manifests, findActive(data, manifests))
    var found = judge(own, where)
    if (declaresGenerated(found)) {
        found = found.filter { it.strength != Strength.DECLARES_EDITED }
    } else {
        val what = "its Content Credentials name a part that was made or edited by generative AI"
        val parts = judge(components, where).filter { it.strength != Strength.SPEAKS_FOR_A_CAMERA }
        found = found + parts.map { it.copy(strength = Strength.DECLARES_EDITED, what = what) }
    }
    val named = own.map { it.generator }.lastOrNull { it.isNotEmpty() } ?: ""
    val what = when {
        own.isEmpty() -> "holds Content Credentials without those of the picture itself: cut, or not readable"
        own.any { it.signed } -> "holds Content Credentials"
        else -> "holds unsigned Content Credentials"
    }
    return found.distinct() + Evidence(Source.C2PA, Strength.NOTE, what, quote(named), where)
}

private fun judge(manifests: List<Manifest>, where: String): List<Evidence> = manifests.flatMap { manifest ->
    val begun = manifest.isDamaged || manifest.actions.any { it.name in BEGINNINGS }
    manifest.actions.mapNotNull { judgeAction(it, manifest, begun, where) }
}

private fun judgeAction(action: Action, manifest: Manifest, begun: Boolean, where: String): Evidence? {
    val read = readSourceType(action.sourceType) ?: return null
    val isCreation = action.name == "c2pa.created"
    val isEdit = read.strength == Strength.DECLARES_GENERATED && begun && !isCreation
    val strength = if (isEdit) Strength.DECLARES_EDITED else read.strength
    if (strength == Strength.NOTE || (strength == Strength.SPEAKS_FOR_A_CAMERA && !isCreation)) return null
    val meaning = if (isEdit) "edited with generative AI" else read.meaning
    val words = listOf(action.software.ifEmpty { manifest.generator }, read.name).filter { it.isNotEmpty() }
    val what = "its Content Credentials say: $meaning"
    return Evidence(Source.C2PA, strength, what, quote(words.joinToString(", ")), where)
}

/** Returns the label of the picture's own manifest, the last of the store; null where that is not there. */
private fun findActive(data: Bytes, manifests: Map<String, Manifest>): String? {
    val end = findEnd(data, STORE) ?: return manifests.keys.last()
    val own = manifests[end.last ?: return null] ?: return null // what stands before went into this picture
    own.isDamaged = own.isDamaged || end.isCut
    return end.last
}

/** Returns the [active] manifest with those of its parents, and all components. */
private fun trace(manifests: Map<String, Manifest>, active: String?): Pair<List<Manifest>, List<Manifest>> {
    if (active == null) return emptyList<Manifest>() to manifests.values.toList()
    val seen = mutableSetOf<String>()
    val own = follow(manifests, listOf(active), seen, parentsAlone = true)
    val putIn = own.flatMap { manifest -> manifest.ingredients.map { it.label } }
    return own to follow(manifests, putIn, seen, parentsAlone = false)
}

/** Returns the manifests that [from] leads to, past those [seen], which grow. */
private fun follow(
    manifests: Map<String, Manifest>,
    from: List<String>,
    seen: MutableSet<String>,
    parentsAlone: Boolean,
): List<Manifest> {
    val found = mutableListOf<Manifest>()
    val waiting = ArrayDeque(from)
    while (waiting.isNotEmpty()) {
        val label = waiting.removeLast()
        val manifest = manifests[label] ?: continue
        if (!seen.add(label)) continue
        found += manifest
        val tellsNothing = manifest.actions.isEmpty() && !manifest.isDamaged
        val isWrapper = tellsNothing && manifest.ingredients.size == 1 // OpenAI's of 2024
        waiting += manifest.ingredients
            .filter { !parentsAlone || isWrapper || it.relationship == "parentOf" }
            .map { it.label }
    }
    return found
}

private fun readManifests(data: Bytes): Map<String, Manifest> {
    val manifests = findManifests(data)
    var bytesLeft = MOST_DECODED_BYTES
    for (manifest in manifests.values.reversed()) { // the picture's own is the last, before it its parents
        for (content in manifest.assertions) {
            val size = content.data.size
            if (size <= minOf(bytesLeft, MOST_ASSERTION_BYTES)) {
                bytesLeft -= size
                readAssertion(content, manifest)
            } else {
                manifest.isDamaged = true
            }
        }
    }
    return manifests
}

private fun findManifests(data: Bytes): Map<String, Manifest> {
    val manifests = linkedMapOf<String, Manifest>()
    for (content in walkJumbf(data)) {
        val labels = content.labels
        if (labels.none { "c2pa" in it }) continue
        val manifest = manifests.getOrPut(if (labels.size > 2 && labels[0] == STORE) labels[1] else "") { Manifest() }
        if (labels.last() == "c2pa.signature") {
            manifest.signed = true
        } else if (READ.any { labels.last().startsWith(it) } && content.kind in setOf("cbor", "json")) {
            manifest.assertions += content
        }
    }
    return manifests
}

private fun readAssertion(content: Content, manifest: Manifest) {
    val label = content.labels.last().substringBefore("__")
    val body = decode(content) as? Map<*, *>
    when {
        body == null -> manifest.isDamaged = true
        label.startsWith("c2pa.claim") ->
            manifest.generator = toName(body["claim_generator_info"]).ifEmpty { toName(body["claim_generator"]) }
        label.startsWith("c2pa.actions") ->
            for (action in (body["actions"] as? List<*> ?: emptyList<Any?>()).filterIsInstance<Map<*, *>>()) {
                manifest.actions += Action(
                    name = toText(action["action"]),
                    sourceType = toText(action["digitalSourceType"]),
                    software = toName(action["softwareAgent"]),
                )
            }
        label.startsWith("c2pa.ingredient") -> {
            val named = (body["activeManifest"] ?: body["c2pa_manifest"]) as? Map<*, *>
            val address = toText(named?.get("url"))
            val ingredient = address.substringAfter("/c2pa/", "").substringBefore("/")
            manifest.ingredients += Ingredient(toText(body["relationship"]), ingredient)
        }
        label == "stds.iptc" ->
            manifest.actions += Action("c2pa.created", toText(body["Iptc4xmpExt:DigitalSourceType"]), "")
    }
}

/** Returns what a box holds; null where it is damaged. */
private fun decode(content: Content): Any? = try {
    val text = if (content.kind == "json") content.data.utf8().removePrefix("\ufeff") else ""
    if (content.kind == "cbor") decodeCbor(content.data) else parseJson(text)?.let(::toPlain)
} catch (_: CborException) {
    null
}

private fun toPlain(json: Any?): Any? = when (json) {
    is JSONObject -> listFields(json).mapValues { toPlain(it.value) }
    is JSONArray -> List(json.length()) { toPlain(json.get(it)) }
    else -> json
}

/** Returns the JSON object in [text]; null where there is none, or one that is nested deep. */
internal fun parseJson(text: String): JSONObject? {
    if (text.count { it == '{' || it == '[' } > MOST_BRACKETS) return null // the parser calls itself
    if (text.any { it < ' ' && !it.isWhitespace() }) return null // no JSON has them, though the parser takes them
    return try {
        JSONObject(text)
    } catch (_: JSONException) {
        null
    } catch (_: StackOverflowError) {
        null
    }
}

/** Returns the fields of [json] by name. */
internal fun listFields(json: JSONObject): Map<String, Any?> {
    val names = json.names() ?: return emptyMap()
    return List(names.length()) { names.getString(it) }.associateWith { json.get(it) }
}

/** Returns the name of a program, which stands as text, as a map, or as a list of maps. */
private fun toName(value: Any?): String {
    val one = if (value is List<*>) value.firstOrNull() else value
    return toText(if (one is Map<*, *>) one["name"] else one)
}

private fun toText(value: Any?): String = value as? String ?: ""

private class Level(val inside: Bytes, val labels: List<String>)

/** Returns the content boxes inside [data] in their order; what is damaged or too deep is left out. */
private fun walkJumbf(data: Bytes): Sequence<Content> = sequence {
    val waiting = ArrayDeque(listOf(Level(data, emptyList())))
    var boxes = 0
    while (waiting.isNotEmpty()) {
        val level = waiting.removeLast()
        var labels = level.labels
        val nested = mutableListOf<Level>()
        for (box in split(level.inside)) {
            if (++boxes > MOST_BOXES) return@sequence
            when {
                box.kind == "jumd" -> labels = level.labels + readLabel(box.content)
                box.kind != "jumb" -> yield(Content(labels, box.kind, box.content))
                labels.size < MOST_DEPTH -> nested += Level(box.content, labels)
            }
        }
        waiting += nested.asReversed()
    }
}

/** Returns the end of the last box that is called [label] and lies in no other; null without such a box. */
private fun findEnd(data: Bytes, label: String): End? {
    val box = split(data).take(MOST_BOXES).lastOrNull { it.kind == "jumb" && findLabel(it.content) == label }
    return box?.let { findEndInside(it.content, it.content.size + maxOf(0L, it.end - data.size)) }
}

private fun findEndInside(content: Bytes, declaredBytes: Long): End {
    val inside = split(content).take(MOST_BOXES).toList()
    val left = declaredBytes - (inside.lastOrNull()?.end ?: 0L)
    val last = inside.lastOrNull { it.kind == "jumb" }?.let { findLabel(it.content) }
    val hasRoom = left >= HEAD_BYTES // for one more box, which is not there or cannot be read
    return End(if (hasRoom) null else last, isCut = declaredBytes > content.size || left < 0)
}

private fun findLabel(content: Bytes): String {
    val described = split(content).firstOrNull() ?: return ""
    return if (described.kind == "jumd") readLabel(described.content) else ""
}

private fun split(data: Bytes): Sequence<JumbfBox> = sequence {
    var at = 0
    while (at + HEAD_BYTES <= data.size) {
        val head = if (data.number(at, 4) == 1L) 16 else HEAD_BYTES
        var length = if (head == 16) data.length(at + 8, 8) else data.length(at, 4)
        if (length == 0) length = data.size - at
        if (length < head) return@sequence
        val end = at + length
        yield(JumbfBox(data.sub(at + 4, at + 8).latin1(), data.sub(at + head, end), end.toLong()))
        at = end
    }
}

private fun readLabel(description: Bytes): String {
    if (description.size < 18 || description[16] and HAS_LABEL == 0) return ""
    val label = description.sub(17, 256)
    return label.sub(0, minOf(label.findZero(), 200)).utf8()
}
