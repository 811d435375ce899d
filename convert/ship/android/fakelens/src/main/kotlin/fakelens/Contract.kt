package fakelens

import org.json.JSONException
import org.json.JSONObject

/** contract.json is not one that this kit can follow; the message says why. */
class ContractException(message: String, cause: Throwable? = null) : Exception(message, cause)

/** How a picture is brought to the size of the input tensor. */
enum class Fit { RESIZE, TILES }

/** How the scores of a picture's tiles become one. */
enum class Pool { MEAN, TOP }

/** The input tensor: raw RGB bytes, [1, size, size, 3]. */
data class InputSpec(val size: Int, val fit: Fit, val tiles: Int, val pool: Pool)

/** From P(fake) to a verdict; an empty UNSURE band has unsureLow above unsureHigh. */
data class Decision(val threshold: Double, val unsureLow: Double, val unsureHigh: Double)

/** The part of a model's contract that an app needs. */
data class Contract(
    val name: String,
    val description: String,
    val limits: String,
    val input: InputSpec,
    val decision: Decision,
)

private const val SCHEMA = 1
private val LABELS = listOf("real", "fake") // class 1 is fake; a score is always P(fake)
private const val MOST_PX = 4096
private const val MOST_TILES = 1024

/** Returns the contract in [text]; throws [ContractException] where it is not exactly one of this schema. */
fun parseContract(text: String): Contract = try {
    readContract(JSONObject(text))
} catch (error: JSONException) {
    throw ContractException("contract.json cannot be read: ${error.message}", error)
}

private fun readContract(json: JSONObject): Contract {
    val schema = json.get("schema")
    if (schema != SCHEMA) fail("schema is $schema, this kit reads $SCHEMA: ship the model again")
    val labels = json.getJSONArray("labels").let { array -> List(array.length()) { array.get(it) } }
    if (labels != LABELS) fail("labels are $labels, expected $LABELS in this order")
    return Contract(
        name = json.getString("name"),
        description = json.getString("description"),
        limits = json.getString("limits"),
        input = readInput(json.getJSONObject("input")),
        decision = readDecision(json.getJSONObject("decision")),
    )
}

private fun readInput(json: JSONObject): InputSpec {
    checkNames(json, "input", setOf("size", "fit", "tiles", "pool"))
    val size = json.get("size")
    if (size !is Int || size !in 1..MOST_PX) fail("input.size is $size, expected 1 to $MOST_PX")
    val fit = when (val name = json.get("fit")) {
        "resize" -> Fit.RESIZE
        "tiles" -> Fit.TILES
        else -> fail("input.fit is $name, expected resize or tiles")
    }
    val most = if (fit == Fit.RESIZE) 1 else MOST_TILES
    val tiles = json.get("tiles")
    if (tiles !is Int || tiles !in 1..most) fail("input.tiles is $tiles, expected 1 to $most")
    val pool = when (val name = json.get("pool")) {
        "mean" -> Pool.MEAN
        "top" -> Pool.TOP
        else -> fail("input.pool is $name, expected mean or top")
    }
    return InputSpec(size, fit, tiles, pool)
}

private fun readDecision(json: JSONObject): Decision {
    checkNames(json, "decision", setOf("threshold", "unsure_low", "unsure_high"))
    return Decision(
        threshold = readProbability(json, "threshold"),
        unsureLow = readProbability(json, "unsure_low"),
        unsureHigh = readProbability(json, "unsure_high"),
    )
}

private fun readProbability(json: JSONObject, name: String): Double {
    val value = (json.get(name) as? Number)?.toDouble()
    if (value == null || value !in 0.0..1.0) fail("decision.$name is ${json.get(name)}, expected 0 to 1")
    return value
}

/** A field that this kit does not know could change what it must compute. */
private fun checkNames(json: JSONObject, part: String, known: Set<String>) {
    for (name in json.keys()) {
        if (name !in known) fail("$part.$name is unknown to this kit: ship the model again")
    }
}

private fun fail(message: String): Nothing = throw ContractException("contract.json: $message")
