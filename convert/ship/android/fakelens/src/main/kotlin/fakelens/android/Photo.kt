package fakelens.android

import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.media.ExifInterface
import fakelens.Detector
import fakelens.PixelLayout
import fakelens.RgbImage
import fakelens.Verdict
import fakelens.fuseEvidence
import fakelens.provenance.readEvidence
import fakelens.readRgba
import fakelens.turnUpright
import java.io.ByteArrayInputStream
import java.io.IOException
import java.nio.ByteBuffer

private const val MOST_PIXELS = 100_000_000L // as `fakelens check`: refuses what would fill the memory

/**
 * Returns the verdict on the image file [content], with what the file says of itself: see [fuseEvidence].
 *
 * [content] are the bytes as they are stored: a picture that the gallery hands over re-encoded says nothing any more.
 */
fun Detector.checkPhoto(content: ByteArray): Verdict = fuseEvidence(check(decodePhoto(content)), readEvidence(content))

/** Returns the upright picture in [content], the bytes of an image file; throws [IOException] where it is none. */
fun decodePhoto(content: ByteArray): RgbImage {
    val bounds = BitmapFactory.Options().apply { inJustDecodeBounds = true }
    BitmapFactory.decodeByteArray(content, 0, content.size, bounds)
    if (bounds.outWidth <= 0 || bounds.outHeight <= 0) throw IOException("not an image")
    if (bounds.outWidth.toLong() * bounds.outHeight > MOST_PIXELS) {
        throw IOException("${bounds.outWidth} x ${bounds.outHeight} px is over the limit; scale it down first")
    }
    val options = BitmapFactory.Options().apply {
        inPreferredConfig = Bitmap.Config.ARGB_8888
        inPremultiplied = false
        inScaled = false
    }
    val bitmap = BitmapFactory.decodeByteArray(content, 0, content.size, options)
        ?: throw IOException("the image is damaged or incomplete")
    val image = readBitmap(bitmap)
    bitmap.recycle()
    val orientation = ExifInterface(ByteArrayInputStream(content))
        .getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)
    return turnUpright(image, orientation)
}

/**
 * Returns the pixels of an ARGB_8888 [bitmap] as they are stored.
 *
 * Not by getPixels, which converts wide-gamut photos to sRGB: the model was trained on stored values.
 */
private fun readBitmap(bitmap: Bitmap): RgbImage {
    val rgba = ByteBuffer.allocateDirect(bitmap.rowBytes * bitmap.height)
    bitmap.copyPixelsToBuffer(rgba)
    return readRgba(rgba, PixelLayout(bitmap.width, bitmap.height, bitmap.rowBytes))
}
