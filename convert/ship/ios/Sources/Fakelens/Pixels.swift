/// In which order the four bytes of a pixel lie; the fourth, of alpha, is not read.
public enum PixelOrder: Sendable {
    case rgba, bgra
}

/// Returns the opaque picture of `width` x `height` px in `pixels`, whose rows are `rowBytes` apart.
public func readPixels(
    _ pixels: UnsafeRawBufferPointer, width: Int, height: Int, rowBytes: Int, order: PixelOrder
) -> RgbImage {
    let (red, blue) = order == .rgba ? (0, 2) : (2, 0)
    let size = width * height * RgbImage.channels
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { result, count in
        for row in 0..<height {
            for at in stride(from: row * rowBytes, to: row * rowBytes + width * 4, by: 4) {
                result[count] = pixels[at + red]
                result[count + 1] = pixels[at + 1]
                result[count + 2] = pixels[at + blue]
                count += 3
            }
        }
    }
    return RgbImage(width: width, height: height, bytes: bytes)
}

/// Returns `image` turned and flipped as an EXIF `orientation` of 1 to 8 asks; anything else changes nothing.
///
/// Exact: pixels move, none is computed.
public func turnUpright(_ image: RgbImage, orientation: Int) -> RgbImage {
    guard (2...8).contains(orientation) else { return image }
    let channels = RgbImage.channels
    let (right, lowest) = (image.width - 1, image.height - 1)
    let sideways = orientation >= 5
    let (width, height) = sideways ? (image.height, image.width) : (image.width, image.height)
    let bytes = [UInt8](unsafeUninitializedCapacity: image.bytes.count) { result, count in
        image.bytes.withUnsafeBufferPointer { source in
            for y in 0..<height {
                for x in 0..<width {
                    let (column, row): (Int, Int)
                    switch orientation {
                    case 2: (column, row) = (right - x, y)
                    case 3: (column, row) = (right - x, lowest - y)
                    case 4: (column, row) = (x, lowest - y)
                    case 5: (column, row) = (y, x)
                    case 6: (column, row) = (y, lowest - x)
                    case 7: (column, row) = (right - y, lowest - x)
                    default: (column, row) = (right - y, x)
                    }
                    let from = (row * image.width + column) * channels
                    for channel in 0..<channels {
                        result[count] = source[from + channel]
                        count += 1
                    }
                }
            }
        }
    }
    return RgbImage(width: width, height: height, bytes: bytes)
}
