package fakelens.android

import androidx.test.ext.junit.runners.AndroidJUnit4
import androidx.test.platform.app.InstrumentationRegistry
import fakelens.Decision
import fakelens.Detector
import fakelens.Label
import fakelens.Place
import java.security.MessageDigest
import kotlin.math.abs
import org.json.JSONArray
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith

private const val FOLDER = "fakelens/vectors"

/** This device computes what the Python side computes, on the pictures that `fakelens ship` wrote. */
@RunWith(AndroidJUnit4::class)
class ParityTest {
    private val instrumentation = InstrumentationRegistry.getInstrumentation()
    private val context = instrumentation.targetContext
    private val vectors = JSONObject(readVector("vectors.json").decodeToString())
    private val tolerance = vectors.getDouble("tolerance")

    @Test
    fun theVectorsAreOfThisModel() {
        val digest = MessageDigest.getInstance("SHA-256").digest(Assets.readModel(context))
        assertEquals(vectors.getString("model_sha256"), digest.joinToString("") { "%02x".format(it) })
    }

    @Test
    fun liteRtAgreesWithPython() = openLiteRtDetector(context).use(::compare)

    @Test
    fun mediaPipeAgreesWithPython() {
        if (Assets.readContract(context).input.views.size < 2) openMediaPipeDetector(context).use(::compare)
    }

    private fun compare(detector: Detector) {
        val images = vectors.getJSONArray("images")
        assertTrue("no vectors", images.length() > 0)
        for (image in objects(images)) compareImage(detector, image)
    }

    private fun compareImage(detector: Detector, expected: JSONObject) {
        val file = expected.getString("file")
        val picture = decodePhoto(readVector(file))
        assertEquals(file, expected.getInt("width") to expected.getInt("height"), picture.width to picture.height)
        val verdict = detector.check(picture)
        val pFake = expected.getDouble("p_fake")
        assertEquals(file, pFake, verdict.pFake, tolerance)
        if (!isNearBorder(pFake, detector.contract.decision)) {
            assertEquals(file, Label.valueOf(expected.getString("verdict").uppercase()), verdict.label)
        }
        assertEquals(file, expected.opt("reason").takeIf { it != JSONObject.NULL }, verdict.reason?.name?.lowercase())
        val views = objects(expected.getJSONArray("views"))
        assertEquals(file, views.map { it.getString("name") }, verdict.views.map { it.name })
        for ((view, found) in views.zip(verdict.views)) {
            assertEquals("$file ${found.name}", view.getDouble("p_fake"), found.pFake, tolerance)
        }
        if (verdict.regions.isEmpty()) return
        val tiles = objects(expected.getJSONArray("tiles"))
        assertEquals(file, tiles.map { Place(it.getInt("left"), it.getInt("top")) }, verdict.regions.map { it.place })
        for ((tile, region) in tiles.zip(verdict.regions)) {
            assertEquals("$file ${region.place}", tile.getDouble("p_fake"), region.pFake.toDouble(), tolerance)
        }
    }

    /** Where the tolerance alone can turn the verdict over. */
    private fun isNearBorder(pFake: Double, decision: Decision): Boolean =
        listOf(decision.threshold, decision.unsureLow, decision.unsureHigh).any { abs(it - pFake) <= tolerance }

    private fun readVector(name: String): ByteArray =
        instrumentation.context.assets.open("$FOLDER/$name").use { it.readBytes() }
}

private fun objects(array: JSONArray): List<JSONObject> = List(array.length()) { array.getJSONObject(it) }
