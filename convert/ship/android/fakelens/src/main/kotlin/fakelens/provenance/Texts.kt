package fakelens.provenance

private val A1111 = listOf("""Steps: ?\d""", """Sampler: ?\S""", """CFG scale: ?[\d.]""", """Seed: ?-?\d""").map {
    Regex(it)
}
private const val A1111_ENOUGH = 3
private val FOOOCUS = listOf("guidance_scale", "scheduler", "seed", "sharpness", "steps")
private const val FOOOCUS_ENOUGH = 4
private val CLASS_TYPE = Regex(""""class_type"\s*:\s*"([^"]{1,100})"""")
private val NODE_TYPE = Regex(""""type"\s*:\s*"([^"]{1,100})"""")
private val NODES = Regex(""""nodes"\s*:\s*\[""")
private val DREAM = Regex("""^"[^"]{1,4000}"\s[^"]{0,400}?-S ?\d""")
private val JOB = Regex("""Job ID: ?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b""")
private val MIDJOURNEY_OPTION = Regex("""\s--(?:v|ar|niji|style|stylize|s|seed|chaos|q|profile|raw)\b""")
private val INVOKE_KEYS = setOf("invokeai_metadata", "invokeai_graph", "invokeai_workflow", "sd-metadata")
private val MFLUX = Regex("""^\s*\{\s*"mflux_version"\s*:""")
private val IMAGINAIRY = Regex(""""software"\s*:\s*"imaginairy"""")

// At the start of the field, which a program fills with its own name; editors with AI functions are not here.
private val GENERATORS = Regex(
    "^(imaginairy / stable diffusion|novelai|mflux|midjourney|invokeai|comfyui|fooocus|stable diffusion|" +
        "automatic1111|easy diffusion|draw things)\\b",
    RegexOption.IGNORE_CASE,
)

/** Returns what the text under [key] of a PNG chunk, or of a field of EXIF, says. */
internal fun judgeText(key: String, text: String, source: Source, where: String): List<Evidence> {
    val generator = nameGenerator(key, text)
    val found = when {
        generator != null -> listOf(declare("holds the settings of $generator", text, source, where))
        key == "prompt" || key == "workflow" -> judgeWorkflow(text, source, where)
        key == "AIGC" -> judgeAigcLabel(text, source, where)
        key == "Software" -> judgeSoftware(text, source, where)
        key == "Description" || key == "Comment" -> judgeDescription(text, source, where)
        else -> emptyList()
    }
    return found + judgeEmbeddedLabels(text, source, where)
}

private fun nameGenerator(key: String, text: String): String? {
    val isObject = text.trimStart().startsWith("{")
    return when {
        A1111.count { it.containsMatchIn(text) } >= A1111_ENOUGH ->
            "a Stable Diffusion program (AUTOMATIC1111, Forge, SD.Next or the like)"
        isObject && FOOOCUS.count { "\"$it\"" in text } >= FOOOCUS_ENOUGH -> "Fooocus"
        isObject && key == "Comment" && "\"uc\"" in text && "\"prompt\"" in text -> "NovelAI"
        (isObject && key in INVOKE_KEYS) || (key == "Dream" && DREAM.containsMatchIn(text)) -> "InvokeAI"
        MFLUX.containsMatchIn(text) -> "mflux"
        isObject && IMAGINAIRY.containsMatchIn(text) -> "imaginAIry"
        text.startsWith("OpenAI--ImageGeneration--") -> "DALL·E"
        else -> null
    }
}

/** Judges a graph of ComfyUI: with a sampler, or without a picture that it loads, it generates. */
internal fun judgeWorkflow(text: String, source: Source, where: String): List<Evidence> {
    fun find(pattern: Regex) = pattern.findAll(text).map { it.groupValues[1] }.toList()
    var kinds = find(CLASS_TYPE)
    if (kinds.isEmpty() && NODES.containsMatchIn(text)) kinds = find(NODE_TYPE)
    if (kinds.isEmpty()) return emptyList()
    val words = kinds.distinct().joinToString(", ")
    if (kinds.any { "sampler" in it.lowercase() } || kinds.none { it.startsWith("LoadImage") }) {
        return listOf(declare("holds a workflow of ComfyUI", words, source, where))
    }
    val what = "holds a workflow of ComfyUI that loads a picture and runs no sampler"
    return listOf(Evidence(source, Strength.DECLARES_EDITED, what, quote(words), where))
}

/** Judges a field that names the program: those that do nothing but generate pictures. */
internal fun judgeSoftware(value: String, source: Source, where: String): List<Evidence> {
    if (!GENERATORS.containsMatchIn(value.trim())) return emptyList()
    return listOf(declare("the field for its software names a generator", value, source, where))
}

/** Judges a description for the job number that Midjourney writes behind the prompt. */
internal fun judgeDescription(text: String, source: Source, where: String): List<Evidence> {
    val job = JOB.find(text)?.value ?: return emptyList()
    if (MIDJOURNEY_OPTION.containsMatchIn(text)) {
        return listOf(declare("holds a prompt and job number of Midjourney", text, source, where))
    }
    val what = "holds a job number as Midjourney writes it"
    return listOf(Evidence(source, Strength.NOTE, what, quote(job), where))
}

private fun declare(what: String, words: String, source: Source, where: String) =
    Evidence(source, Strength.DECLARES_GENERATED, what, quote(words), where)
