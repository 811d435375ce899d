package fakelens.android

import fakelens.FitSpec
import fakelens.InputSpec
import fakelens.RgbImage
import fakelens.TileScorer
import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.tensorflow.lite.DataType
import org.tensorflow.lite.Interpreter
import org.tensorflow.lite.Tensor

private const val CLASSES = 2
private const val FAKE = 1

/**
 * The model on LiteRT's interpreter, which comes with `com.google.ai.edge.litert:litert`.
 *
 * After "LiteRT for Android" and "Run inference on Android with the Interpreter API" on ai.google.dev/edge.
 * Not `CompiledModel`: its Kotlin buffers know no unsigned bytes and no quantization of an output.
 */
class LiteRtScorer(model: ByteArray, spec: InputSpec, threads: Int = 1) : TileScorer {
    private val interpreter = Interpreter(chooseRoot(toDirect(model), spec.root), Interpreter.Options().setNumThreads(threads))
    private val views: List<View>

    init {
        interpreter.allocateTensors()
        views = spec.everyView.mapIndexed { index, view -> View(interpreter, view, spec.views.getOrNull(index)?.signature) }
    }

    override fun score(tile: RgbImage, view: Int): Float = views[view].score(tile)

    override fun close() = interpreter.close()
}

/** One view of the model: a signature of the file, or subgraph 0 where the contract names none. */
private class View(private val interpreter: Interpreter, spec: FitSpec, private val signature: String?) {
    private val inputName = signature?.let { interpreter.getSignatureInputs(it).single() }
    private val outputName = signature?.let { interpreter.getSignatureOutputs(it).single() }
    private val takesBytes: Boolean
    private val input: ByteBuffer
    private val output: ByteBuffer
    private val readFake: (ByteBuffer) -> Float

    init {
        val source = signature?.let { interpreter.getInputTensorFromSignature(inputName, it) }
            ?: interpreter.getInputTensor(0)
        val target = signature?.let { interpreter.getOutputTensorFromSignature(outputName, it) }
            ?: interpreter.getOutputTensor(0)
        val shapes = source.shape().toList() to target.shape().toList()
        require(shapes == listOf(1, spec.size, spec.size, RgbImage.CHANNELS) to listOf(1, CLASSES)) {
            "the model takes ${shapes.first} and gives ${shapes.second}, the contract says ${spec.size} px: ship it again"
        }
        takesBytes = source.dataType() == DataType.UINT8
        require(takesBytes || source.dataType() == DataType.FLOAT32) {
            "the model takes ${source.dataType()}, expected UINT8 or FLOAT32"
        }
        readFake = makeReader(target)
        input = makeBuffer(source.numBytes())
        output = makeBuffer(target.numBytes())
    }

    fun score(tile: RgbImage): Float {
        rewind(input)
        if (takesBytes) {
            input.put(tile.bytes)
        } else {
            for (value in tile.bytes) input.putFloat((value.toInt() and 0xFF).toFloat())
        }
        rewind(input)
        rewind(output)
        if (signature == null) {
            interpreter.run(input, output)
        } else {
            interpreter.runSignature(mapOf<String, Any>(inputName!! to input), mapOf<String, Any>(outputName!! to output), signature)
        }
        return readFake(output)
    }
}

/** A quantized output is turned into a probability by the tensor's own scale and zero point. */
private fun makeReader(target: Tensor): (ByteBuffer) -> Float = when (target.dataType()) {
    DataType.FLOAT32 -> { output -> output.getFloat(FAKE * Float.SIZE_BYTES) }
    DataType.UINT8 -> {
        val quantization = target.quantizationParams();
        { output -> ((output.get(FAKE).toInt() and 0xFF) - quantization.zeroPoint) * quantization.scale }
    }
    else -> throw IllegalArgumentException("the model gives ${target.dataType()}, expected UINT8 or FLOAT32")
}

private fun toDirect(bytes: ByteArray): ByteBuffer = makeBuffer(bytes.size).put(bytes).also(::rewind)

/** The model by the root under which every view is a signature; other readers see the first view alone. */
private fun chooseRoot(model: ByteBuffer, root: Int): ByteBuffer {
    if (root != 0) model.duplicate().order(ByteOrder.LITTLE_ENDIAN).putInt(0, root)
    return model
}

private fun makeBuffer(size: Int): ByteBuffer =
    ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder())

private fun rewind(buffer: Buffer) {
    buffer.rewind() // of Buffer: ByteBuffer.rewind is another method before Android 14
}
