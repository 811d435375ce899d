package fakelens

import kotlin.math.max

/** Left and top of a tile, px, of the upright picture. */
data class Place(val left: Int, val top: Int)

/**
 * Returns where the tiles of a picture of [width] x [height] px lie, row by row.
 *
 * As many columns and rows as fit side by side; while that is over `spec.tiles`, the direction whose tiles
 * stand closer loses one. They are spread from edge to edge, a single one stands in the middle.
 */
fun placeTiles(width: Int, height: Int, spec: FitSpec): List<Place> {
    var columns = max(1, width / spec.size)
    var rows = max(1, height / spec.size)
    while (columns.toLong() * rows > spec.tiles) {
        if (rows == 1 || (columns > 1 && width.toLong() * rows <= height.toLong() * columns)) {
            columns -= 1
        } else {
            rows -= 1
        }
    }
    return cross(spread(width - spec.size, columns), spread(height - spec.size, rows))
}

/**
 * Returns places of tiles of [size] px that overlap by half, spread from edge to edge.
 *
 * Where that would be over [most] they stand farther apart, both ways alike. For maps, not for verdicts.
 */
fun placeGrid(width: Int, height: Int, size: Int, most: Int): List<Place> {
    require(most > 0) { "most is $most, expected 1 or more" }
    var step = max(1, size / 2)
    while (true) {
        val columns = countSteps(width - size, step) + 1
        val rows = countSteps(height - size, step) + 1
        if (columns.toLong() * rows <= most) {
            return cross(spread(width - size, columns), spread(height - size, rows))
        }
        step += max(1, step / 8)
    }
}

/**
 * Returns the tile of [image] at [place], [size] x [size] px.
 *
 * What lies beyond the right or lower edge is the picture mirrored there, edge pixels repeated.
 */
fun cutTile(image: RgbImage, place: Place, size: Int): RgbImage {
    val bytes = ByteArray(size * size * RgbImage.CHANNELS)
    val columns = IntArray(size) { mirror(place.left + it, image.width) * RgbImage.CHANNELS }
    var at = 0
    for (row in 0 until size) {
        val start = mirror(place.top + row, image.height) * image.width * RgbImage.CHANNELS
        for (column in columns) {
            bytes[at++] = image.bytes[start + column]
            bytes[at++] = image.bytes[start + column + 1]
            bytes[at++] = image.bytes[start + column + 2]
        }
    }
    return RgbImage(size, size, bytes)
}

private fun mirror(position: Int, length: Int): Int {
    val within = position % (2 * length)
    return if (within < length) within else 2 * length - 1 - within
}

private fun countSteps(room: Int, step: Int): Int = if (room <= 0) 0 else (room + step - 1) / step

private fun spread(room: Int, count: Int): List<Int> = when {
    room <= 0 -> listOf(0)
    count == 1 -> listOf(room / 2)
    else -> List(count) { (it.toLong() * room / (count - 1)).toInt() }
}

private fun cross(lefts: List<Int>, tops: List<Int>): List<Place> =
    tops.flatMap { top -> lefts.map { left -> Place(left, top) } }
