package fakelens.android

import android.content.Context
import fakelens.Contract
import fakelens.Detector
import fakelens.parseContract

/** What `fakelens ship` put into the assets of this module. */
internal object Assets {
    const val MODEL = "fakelens/model.tflite"
    private const val CONTRACT = "fakelens/contract.json"

    fun readModel(context: Context): ByteArray = context.assets.open(MODEL).use { it.readBytes() }

    fun readContract(context: Context): Contract =
        parseContract(context.assets.open(CONTRACT).use { it.readBytes() }.decodeToString())
}

/** Returns a detector on LiteRT; close it when done. Takes some ten milliseconds: not on the main thread. */
fun openLiteRtDetector(context: Context, threads: Int = 1): Detector {
    val contract = Assets.readContract(context)
    return Detector(contract, LiteRtScorer(Assets.readModel(context), contract.input, threads))
}

/**
 * Returns a detector on MediaPipe Tasks; close it when done. Not on the main thread.
 *
 * Throws [IllegalStateException] for a model of several views: MediaPipe runs the first one alone.
 */
fun openMediaPipeDetector(context: Context): Detector {
    val contract = Assets.readContract(context)
    check(contract.input.views.size < 2) {
        "${contract.name} has ${contract.input.views.size} views, MediaPipe runs the first alone: use openLiteRtDetector"
    }
    return Detector(contract, MediaPipeScorer(context, Assets.MODEL))
}
