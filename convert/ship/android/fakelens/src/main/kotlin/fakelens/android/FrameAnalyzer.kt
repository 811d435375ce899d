package fakelens.android

import androidx.camera.core.ImageAnalysis
import androidx.camera.core.ImageProxy
import androidx.camera.core.resolutionselector.ResolutionSelector
import fakelens.Detector
import fakelens.PixelLayout
import fakelens.RgbImage
import fakelens.Verdict
import fakelens.orientationOf
import fakelens.readRgba
import fakelens.turnUpright
import java.util.concurrent.Executor

/**
 * Checks camera frames by the tile rule; both callbacks run on the executor given to [buildAnalysis].
 *
 * After "Image analysis" on developer.android.com/media/camera/camerax.
 */
class FrameAnalyzer(
    private val detector: Detector,
    private val onVerdict: (Verdict) -> Unit,
    private val onError: (Exception) -> Unit,
) : ImageAnalysis.Analyzer {
    override fun analyze(image: ImageProxy) {
        try {
            // Closed before the model runs, whatever happens: an open frame stops the camera.
            onVerdict(detector.check(image.use(::readFrame)))
        } catch (error: Exception) { // of any runtime; one bad frame must not end the analysis
            onError(error)
        }
    }
}

/** Returns the use case to bind: RGBA frames, only the newest one kept while [analyzer] is busy. */
fun buildAnalysis(
    executor: Executor,
    analyzer: FrameAnalyzer,
    resolution: ResolutionSelector? = null, // CameraX's own choice is 640 x 480
): ImageAnalysis {
    val builder = ImageAnalysis.Builder()
        .setOutputImageFormat(ImageAnalysis.OUTPUT_IMAGE_FORMAT_RGBA_8888)
        .setBackpressureStrategy(ImageAnalysis.STRATEGY_KEEP_ONLY_LATEST)
    if (resolution != null) builder.setResolutionSelector(resolution)
    return builder.build().also { it.setAnalyzer(executor, analyzer) }
}

private fun readFrame(frame: ImageProxy): RgbImage {
    val plane = frame.planes[0]
    val layout = PixelLayout(frame.width, frame.height, plane.rowStride, plane.pixelStride)
    return turnUpright(readRgba(plane.buffer, layout), orientationOf(frame.imageInfo.rotationDegrees))
}
