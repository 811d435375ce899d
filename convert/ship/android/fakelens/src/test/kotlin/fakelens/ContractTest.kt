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
    fun `views, fusion and limits are read`() {
        val view = """{"name": "tiles", "signature": "serving_default", "size": 64, "fit": "tiles", "tiles": 24,
            "pool": "texture"}"""
        val whole = """{"name": "whole", "signature": "whole", "size": 224, "fit": "resize", "tiles": 1, "pool": "mean"}"""
        val views = """"pool": "texture", "views": [$view, $whole], "fusion": {"weights": [0.5, 1], "bias": -0.25}"""
        val limits = """"unsure_high": 0.0, "condition": {"least_side": 64, "least_texture": null, "most_blocking": 2.2},
            "operating_points": []"""
        val contract = parseContract(
            text.replace("\"schema\": 1", "\"schema\": 2").replace("\"pool\": \"top\"", views)
                .replace("\"unsure_high\": 0.0", limits),
        )
        assertEquals(listOf("serving_default", "whole"), contract.input.views.map { it.signature })
        assertEquals(listOf(64, 224), contract.input.everyView.map { it.size })
        assertEquals(Fusion(listOf(0.5, 1.0), -0.25), contract.input.fusion)
        assertEquals(ConditionLimits(leastSide = 64, mostBlocking = 2.2), contract.decision.condition)
        assertThrows(ContractException::class.java) {
            parseContract(text.replace("\"pool\": \"top\"", views.replace("[0.5, 1]", "[0.5]")))
        }
    }

    @Test
    fun `anything that could change the answer is refused by name`() {
        val changes = mapOf(
            "\"schema\": 1" to ("\"schema\": 3" to "schema"),
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
