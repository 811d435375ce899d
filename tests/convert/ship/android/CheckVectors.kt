import fakelens.Fit
import fakelens.Place
import fakelens.RgbImage
import fakelens.cutTile
import fakelens.decide
import fakelens.findReason
import fakelens.fuse
import fakelens.measureCondition
import fakelens.parseContract
import fakelens.placeTiles
import fakelens.pool
import fakelens.resize
import fakelens.weighTile
import java.io.File
import org.json.JSONObject

/**
 * The Android kit's rules on the vectors of a model: CheckVectors ASSETS WORK.
 *
 * Takes the pixels of each picture from WORK/PICTURE.raw and writes what the model would be given, view by view, to
 * WORK/PICTURE.tiles. Prints a line for each: the places of its tiles, what their expected scores and those of the
 * other views come to, the verdict on that, and its condition.
 */
fun main(arguments: Array<String>) {
    val (assets, work) = arguments.map(::File)
    val contract = parseContract(File(assets, "contract.json").readText())
    val spec = contract.input
    val images = JSONObject(File(assets, "vectors/vectors.json").readText()).getJSONArray("images")
    for (index in 0 until images.length()) {
        val expected = images.getJSONObject(index)
        val file = expected.getString("file")
        val pixels = File(work, "$file.raw").readBytes()
        val image = RgbImage(expected.getInt("width"), expected.getInt("height"), pixels)
        val places = spec.everyView.map { view ->
            if (view.fit == Fit.TILES) placeTiles(image.width, image.height, view) else listOf(Place(0, 0))
        }
        val tiles = spec.everyView.zip(places).map { (view, its) ->
            its.map { if (view.fit == Fit.TILES) cutTile(image, it, view.size) else resize(image, view.size, view.size) }
        }
        File(work, "$file.tiles").outputStream().use { stream -> tiles.flatten().forEach { stream.write(it.bytes) } }
        val scored = expected.getJSONArray("tiles")
        val scores = FloatArray(scored.length()) { scored.getJSONObject(it).getDouble("p_fake").toFloat() }
        val weights = DoubleArray(tiles[0].size) { weighTile(tiles[0][it], spec.pool) }
        val views = expected.getJSONArray("views")
        val others = List(maxOf(0, views.length() - 1)) { views.getJSONObject(it + 1).getDouble("p_fake") }
        val pFake = fuse(listOf(pool(scores, spec.pool, weights)) + others, spec.fusion)
        val condition = measureCondition(image)
        val reason = findReason(condition, contract.decision.condition)
        val spread = places[0].joinToString(" ") { "${it.left},${it.top}" }
        val verdict = decide(pFake, contract.decision, reason).name.lowercase()
        val told = listOf(condition.texture, condition.sharpness, condition.blocking).joinToString(";") { "${it ?: ""}" }
        println("$file;$spread;$pFake;$verdict;${reason?.name?.lowercase() ?: ""};$told")
    }
}
