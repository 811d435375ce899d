package fakelens

import org.json.JSONException
import org.json.JSONObject

/** contract.json is not one that this kit can follow; the message says why. */
class ContractException(message: String, cause: Throwable? = null) : Exception(message, cause)

/** How a picture is brought to the size of the input tensor. */
enum class Fit { RESIZE, TILES }

/** How the scores of a picture's tiles become one. */
enum class Pool { MEAN, TOP, TEXTURE }

/** An input tensor, raw RGB bytes of [1, size, size, 3], and how a picture comes into it. */
interface FitSpec {
    val size: Int
    val fit: Fit
    val tiles: Int
    val pool: Pool
}

/** One way in which the model looks at a picture: a signature of the file with an input of its own. */
data class ViewSpec(
    val name: String,
    val signature: String,
    override val size: Int,
    override val fit: Fit,
    override val tiles: Int,
    override val pool: Pool,
) : FitSpec

/** P(fake) = sigmoid(bias + sum of weight x logit of P(fake) of each view). */
data class Fusion(val weights: List<Double>, val bias: Double)

/** The input of the first view, then all views; none are listed where there is one and no fusion. */
data class InputSpec(
    override val size: Int,
    override val fit: Fit,
    override val tiles: Int,
    override val pool: Pool,
    val views: List<ViewSpec> = emptyList(),
    val fusion: Fusion? = null,
    val root: Int = 0, // to be written over the first four bytes of the file: then every view is a signature
) : FitSpec {
    /** Every way in which the model looks at a picture, the first one first. */
    val everyView: List<FitSpec> get() = views.ifEmpty { listOf(this) }
}

/** Beyond any of these there is nothing left to see in a picture; null is not asked. */
data class ConditionLimits(
    val leastSide: Int? = null, // px
    val leastTexture: Double? = null, // grey levels
    val leastSharpness: Double? = null,
    val mostBlocking: Double? = null,
)

/** From P(fake) to a verdict; an empty UNSURE band has unsureLow above unsureHigh. */
data class Decision(
    val threshold: Double,
    val unsureLow: Double,
    val unsureHigh: Double,
    val condition: ConditionLimits? = null,
)

/** The part of a model's contract that an app needs. */
data class Contract(
    val name: String,
    val description: String,
    val limits: String,
    val input: InputSpec,
    val decision: Decision,
)

private const val NEWEST_SCHEMA = 2
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
    if (schema !is Int || schema !in 1..NEWEST_SCHEMA) {
        fail("schema is $schema, this kit reads 1 to $NEWEST_SCHEMA: ship the model again")
    }
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

private val FIT_NAMES = setOf("size", "fit", "tiles", "pool")

private fun readInput(json: JSONObject): InputSpec {
    checkNames(json, "input", FIT_NAMES + setOf("views", "fusion", "root"))
    val first = readFit(json, "input")
    if (json.has("views") != json.has("fusion")) fail("input.views and input.fusion go together: ship the model again")
    if (!json.has("views")) return first
    val views = json.getJSONArray("views").let { array -> List(array.length()) { readView(array.getJSONObject(it)) } }
    if (views.isEmpty() || first != views[0].let { InputSpec(it.size, it.fit, it.tiles, it.pool) }) {
        fail("input.views does not begin with the input itself")
    }
    val root = json.optInt("root", 0)
    if (root < 0 || root % 4 != 0) fail("input.root is $root, expected 0 or a multiple of 4")
    return first.copy(views = views, fusion = readFusion(json.getJSONObject("fusion"), views.size), root = root)
}

private fun readFit(json: JSONObject, part: String): InputSpec {
    val size = json.get("size")
    if (size !is Int || size !in 1..MOST_PX) fail("$part.size is $size, expected 1 to $MOST_PX")
    val fit = when (val name = json.get("fit")) {
        "resize" -> Fit.RESIZE
        "tiles" -> Fit.TILES
        else -> fail("$part.fit is $name, expected resize or tiles")
    }
    val most = if (fit == Fit.RESIZE) 1 else MOST_TILES
    val tiles = json.get("tiles")
    if (tiles !is Int || tiles !in 1..most) fail("$part.tiles is $tiles, expected 1 to $most")
    val pool = when (val name = json.get("pool")) {
        "mean" -> Pool.MEAN
        "top" -> Pool.TOP
        "texture" -> Pool.TEXTURE
        else -> fail("$part.pool is $name, expected mean, top or texture")
    }
    return InputSpec(size, fit, tiles, pool)
}

private fun readView(json: JSONObject): ViewSpec {
    checkNames(json, "view", FIT_NAMES + setOf("name", "signature"))
    val fit = readFit(json, "view")
    return ViewSpec(json.getString("name"), json.getString("signature"), fit.size, fit.fit, fit.tiles, fit.pool)
}

private fun readFusion(json: JSONObject, views: Int): Fusion {
    checkNames(json, "fusion", setOf("weights", "bias"))
    val weights = json.getJSONArray("weights").let { array -> List(array.length()) { array.getDouble(it) } }
    if (weights.size != views || weights.any { it < 0 || !it.isFinite() }) {
        fail("fusion.weights is $weights, expected $views of 0 or more")
    }
    return Fusion(weights, json.getDouble("bias"))
}

private fun readDecision(json: JSONObject): Decision {
    // operating_points tell what other thresholds would cost; they change no answer.
    checkNames(json, "decision", setOf("threshold", "unsure_low", "unsure_high", "condition", "operating_points"))
    return Decision(
        threshold = readProbability(json, "threshold"),
        unsureLow = readProbability(json, "unsure_low"),
        unsureHigh = readProbability(json, "unsure_high"),
        condition = if (json.isNull("condition")) null else readLimits(json.getJSONObject("condition")),
    )
}

private fun readLimits(json: JSONObject): ConditionLimits {
    checkNames(json, "condition", setOf("least_side", "least_texture", "least_sharpness", "most_blocking"))
    fun limit(name: String): Double? = if (json.isNull(name)) null else json.getDouble(name)
    return ConditionLimits(
        leastSide = if (json.isNull("least_side")) null else json.getInt("least_side"),
        leastTexture = limit("least_texture"),
        leastSharpness = limit("least_sharpness"),
        mostBlocking = limit("most_blocking"),
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
