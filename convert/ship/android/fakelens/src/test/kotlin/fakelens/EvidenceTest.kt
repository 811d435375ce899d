package fakelens

import fakelens.provenance.Strength
import fakelens.provenance.declaresGenerated
import fakelens.provenance.quote
import fakelens.provenance.readEvidence
import java.util.Base64
import java.util.Random
import org.json.JSONArray
import org.json.JSONObject
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** The files of the Python side's own tests, and what it says of them. */
class EvidenceTest {
    private val vectors = JSONArray(readVectors()).let { array -> List(array.length()) { array.getJSONObject(it) } }

    private fun readVectors(): String {
        val stream = checkNotNull(javaClass.getResourceAsStream("/statements.json")) { "fakelens ship writes it" }
        return stream.use { it.readBytes().decodeToString() }
    }

    private fun JSONObject.file(): ByteArray = Base64.getDecoder().decode(getString("file"))

    /** Returns the file with the zeros that stand behind it. */
    private fun JSONObject.whole(): ByteArray = file().let { it.copyOf(it.size + optInt("zeros")) }

    @Test
    fun `every file says what Python says`() {
        for (vector in vectors) {
            val said = vector.getJSONArray("evidence")
            val expected = List(said.length()) { said.getJSONObject(it) }
            val found = readEvidence(vector.whole()).map {
                listOf(it.source.name.lowercase(), it.strength.text, it.what, it.words, it.where)
            }
            val names = listOf("source", "strength", "what", "words", "where")
            assertEquals(vector.getString("name"), expected.map { item -> names.map(item::getString) }, found)
        }
    }

    @Test
    fun `some files declare a generator and others do not`() {
        val declaring = vectors.count { declaresGenerated(readEvidence(it.file())) }
        assertTrue("$declaring of ${vectors.size}", declaring > 50 && vectors.size - declaring > 30)
    }

    @Test
    fun `a file that is cut or changed never fails`() {
        val chance = Random(24)
        for (vector in vectors) {
            repeat(40) {
                val file = vector.file().let { if (it.isEmpty()) byteArrayOf(0) else it }
                repeat(4) { file[chance.nextInt(file.size)] = chance.nextInt(256).toByte() }
                readEvidence(file.copyOf(1 + chance.nextInt(file.size)))
            }
        }
    }

    @Test
    fun `however many namespaces are nested they take bounded memory`() {
        val packet = (0 until 20_000).joinToString("") { "<a xmlns:b$it=\"x\">" }.toByteArray()
        val length = ByteArray(4) { (packet.size shr (8 * it)).toByte() }
        assertTrue(readEvidence("RIFF    WEBPXMP ".toByteArray() + length + packet).isEmpty())
    }

    @Test
    fun `words are shown escaped and cut`() {
        assertEquals("a b\\x1b[2J\\u202e", quote("a\n b\u001b[2J\u202e"))
        assertEquals(160, quote("x".repeat(500)).length)
    }

    @Test
    fun `a declared generator decides whatever the pixels and nothing else does`() {
        val real = Verdict(Label.REAL, 0.1, "test", 0.0, 1.0, emptyList())
        for (vector in vectors) {
            val evidence = readEvidence(vector.file())
            val fused = fuseEvidence(real, evidence)
            val declared = evidence.any { it.strength == Strength.DECLARES_GENERATED }
            assertEquals(if (declared) Label.FAKE else Label.REAL, fused.label)
            assertEquals(if (declared) Label.REAL else null, fused.pixelsLabel)
            assertEquals(evidence, fused.evidence)
        }
    }
}
