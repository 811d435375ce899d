package fakelens

/** A picture as raw RGB bytes, row by row, three bytes a pixel. */
class RgbImage(val width: Int, val height: Int, val bytes: ByteArray) {
    init {
        require(width > 0 && height > 0 && bytes.size == width * height * CHANNELS) {
            "$width x $height px in ${bytes.size} bytes, expected width x height x $CHANNELS"
        }
    }

    companion object {
        const val CHANNELS = 3
    }
}
