package fakelens

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class ContractTest {
    private val text = """
        {"name": "photo", "description": "what", "limits": "not", "labels": ["real", "fake"], "schema": 1,
         "input": {"size": 64, "fit": "tiles", "tiles": 24, "pool": "top"},
         "decision": {"threshold": 0.83, "unsure_low": 1, "unsure_high": 0.0},
         "training": {"seed": 0}, "measured": [], "graph_sha256": "00"}
    """.trimIndent()

    @Test
    fun `what an app needs is read`() {
        val contract = parseContract(text)
        assertEquals(InputSpec(64, Fit.TILES, 24, Pool.TOP), contract.input)
        assertEquals(Decision(0.83, 1.0, 0.0), contract.decision)
        assertEquals(listOf("photo", "what", "not"), listOf(contract.name, contract.description, contract.limits))
    }

    @Test
    fun `anything that could change the answer is refused by name`() {
        val changes = mapOf(
            "\"schema\": 1" to ("\"schema\": 2" to "schema"),
            "[\"real\", \"fake\"]" to ("[\"fake\", \"real\"]" to "labels"),
            "\"size\": 64" to ("\"size\": 0" to "input.size"),
            "\"fit\": \"tiles\"" to ("\"fit\": \"crop\"" to "input.fit"),
            "\"tiles\": 24" to ("\"tiles\": 2000" to "input.tiles"),
            "\"pool\": \"top\"" to ("\"pool\": \"max\"" to "input.pool"),
            "\"threshold\": 0.83" to ("\"threshold\": 1.5" to "decision.threshold"),
            "\"unsure_low\": 1" to ("\"unsure_low\": \"x\"" to "decision.unsure_low"),
            "\"size\": 64," to ("\"size\": 64, \"gamma\": 2," to "input.gamma"),
            "\"input\"" to ("\"inputs\"" to "input"),
        )
        for ((old, change) in changes) {
            assertTrue(old, old in text)
            val broken = text.replace(old, change.first)
            val error = assertThrows(ContractException::class.java) { parseContract(broken) }
            assertTrue("${error.message} names ${change.second}", change.second in error.message.orEmpty())
        }
        assertThrows(ContractException::class.java) { parseContract("not JSON") }
    }
}
