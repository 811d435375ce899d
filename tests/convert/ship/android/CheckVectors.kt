import fakelens.Fit
import fakelens.Place
import fakelens.RgbImage
import fakelens.cutTile
import fakelens.decide
import fakelens.parseContract
import fakelens.placeTiles
import fakelens.pool
import fakelens.resize
import java.io.File
import org.json.JSONObject

/**
 * The Android kit's rules on the vectors of a model: CheckVectors ASSETS WORK.
 *
 * Takes the pixels of each picture from WORK/PICTURE.raw and writes what the model would be given to
 * WORK/PICTURE.tiles. Prints a line for each: the places of its tiles, what their expected scores pool to, and the
 * verdict on that.
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
        val tiled = spec.fit == Fit.TILES
        val places = if (tiled) placeTiles(image.width, image.height, spec) else listOf(Place(0, 0))
        File(work, "$file.tiles").outputStream().use { stream ->
            for (place in places) {
                val tile = if (tiled) cutTile(image, place, spec.size) else resize(image, spec.size, spec.size)
                stream.write(tile.bytes)
            }
        }
        val tiles = expected.getJSONArray("tiles")
        val scores = FloatArray(tiles.length()) { tiles.getJSONObject(it).getDouble("p_fake").toFloat() }
        val pFake = pool(scores, spec.pool)
        val spread = places.joinToString(" ") { "${it.left},${it.top}" }
        println("$file;$spread;$pFake;${decide(pFake, contract.decision).name.lowercase()}")
    }
}
