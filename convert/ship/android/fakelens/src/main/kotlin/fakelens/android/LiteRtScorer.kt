package fakelens.android

import fakelens.RgbImage
import fakelens.TileScorer
import java.nio.Buffer
import java.nio.ByteBuffer
import java.nio.ByteOrder
import org.tensorflow.lite.DataType
import org.tensorflow.lite.InterpreterApi
import org.tensorflow.lite.Tensor

private const val CLASSES = 2
private const val FAKE = 1

/**
 * The model on LiteRT's interpreter, which comes with `com.google.ai.edge.litert:litert`.
 *
 * After "LiteRT for Android" and "Run inference on Android with the Interpreter API" on ai.google.dev/edge.
 * Not `CompiledModel`: its Kotlin buffers know no unsigned bytes and no quantization of an output.
 */
class LiteRtScorer(model: ByteArray, size: Int, threads: Int = 1) : TileScorer {
    private val interpreter = InterpreterApi.create(
        toDirect(model),
        InterpreterApi.Options().setNumThreads(threads),
    )
    private val takesBytes: Boolean
    private val input: ByteBuffer
    private val output: ByteBuffer
    private val readFake: (ByteBuffer) -> Float

    init {
        interpreter.allocateTensors()
        val source = interpreter.getInputTensor(0)
        val target = interpreter.getOutputTensor(0)
        val shapes = source.shape().toList() to target.shape().toList()
        require(shapes == listOf(1, size, size, RgbImage.CHANNELS) to listOf(1, CLASSES)) {
            "the model takes ${shapes.first} and gives ${shapes.second}, the contract says $size px: ship it again"
        }
        takesBytes = source.dataType() == DataType.UINT8
        require(takesBytes || source.dataType() == DataType.FLOAT32) {
            "the model takes ${source.dataType()}, expected UINT8 or FLOAT32"
        }
        readFake = makeReader(target)
        input = makeBuffer(source.numBytes())
        output = makeBuffer(target.numBytes())
    }

    override fun score(tile: RgbImage): Float {
        rewind(input)
        if (takesBytes) {
            input.put(tile.bytes)
        } else {
            for (value in tile.bytes) input.putFloat((value.toInt() and 0xFF).toFloat())
        }
        rewind(input)
        rewind(output)
        interpreter.run(input, output)
        return readFake(output)
    }

    override fun close() = interpreter.close()
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

private fun makeBuffer(size: Int): ByteBuffer =
    ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder())

private fun rewind(buffer: Buffer) {
    buffer.rewind() // of Buffer: ByteBuffer.rewind is another method before Android 14
}
