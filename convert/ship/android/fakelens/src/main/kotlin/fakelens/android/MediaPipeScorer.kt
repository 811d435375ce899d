package fakelens.android

import android.content.Context
import android.graphics.Bitmap
import com.google.mediapipe.framework.image.BitmapImageBuilder
import com.google.mediapipe.tasks.core.BaseOptions
import com.google.mediapipe.tasks.vision.core.RunningMode
import com.google.mediapipe.tasks.vision.imageclassifier.ImageClassifier
import fakelens.RgbImage
import fakelens.TileScorer

private const val FAKE = "fake"

/**
 * The model on MediaPipe Tasks, which reads the labels from the file's own metadata.
 *
 * After "Image classification guide for Android" on ai.google.dev/edge/mediapipe. A tile has the size of the
 * input tensor, so MediaPipe has nothing to resize; a whole photo given to it directly would be scaled down,
 * which erases what a model for photos looks at.
 */
class MediaPipeScorer(context: Context, asset: String) : TileScorer {
    private val classifier = ImageClassifier.createFromOptions(
        context,
        ImageClassifier.ImageClassifierOptions.builder()
            .setBaseOptions(BaseOptions.builder().setModelAssetPath(asset).build())
            .setRunningMode(RunningMode.IMAGE)
            .build(),
    )

    override fun score(tile: RgbImage, view: Int): Float {
        val image = BitmapImageBuilder(toBitmap(tile)).build()
        val categories = classifier.classify(image).classificationResult().classifications()[0].categories()
        return categories.first { it.categoryName() == FAKE }.score()
    }

    override fun close() = classifier.close()
}

private fun toBitmap(image: RgbImage): Bitmap {
    val colors = IntArray(image.width * image.height) {
        val at = it * RgbImage.CHANNELS
        val red = image.bytes[at].toInt() and 0xFF
        val green = image.bytes[at + 1].toInt() and 0xFF
        val blue = image.bytes[at + 2].toInt() and 0xFF
        (0xFF shl 24) or (red shl 16) or (green shl 8) or blue
    }
    return Bitmap.createBitmap(colors, image.width, image.height, Bitmap.Config.ARGB_8888)
}
