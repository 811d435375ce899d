#if canImport(ImageIO)
    import CoreGraphics
    import Foundation
    import ImageIO

    /// The bytes are no image that can be decoded.
    public struct PhotoError: LocalizedError {
        public let reason: String

        public var errorDescription: String? { reason }
    }

    private let mostPixels = 100_000_000  // as `fakelens check`: refuses what would fill the memory

    extension Detector {
        /// Returns the verdict on the image file `content`, with what the file says of itself: see `fuseEvidence`.
        ///
        /// `content` are the bytes as they are stored: a picture handed over re-encoded says nothing any more.
        public func checkPhoto(_ content: Data) throws -> Verdict {
            fuseEvidence(try check(try decodePhoto(content)), readEvidence(content))
        }
    }

    /// Returns the upright picture in `content`, the bytes of an image file.
    public func decodePhoto(_ content: Data) throws -> RgbImage {
        guard let source = CGImageSourceCreateWithData(content as CFData, nil),
            let properties = CGImageSourceCopyPropertiesAtIndex(source, 0, nil) as? [CFString: Any],
            let width = properties[kCGImagePropertyPixelWidth] as? Int,
            let height = properties[kCGImagePropertyPixelHeight] as? Int
        else { throw PhotoError(reason: "not an image") }
        guard width * height <= mostPixels else {
            throw PhotoError(reason: "\(width) x \(height) px is over the limit; scale it down first")
        }
        guard let image = CGImageSourceCreateImageAtIndex(source, 0, nil) else {
            throw PhotoError(reason: "the image is damaged or incomplete")
        }
        let orientation = properties[kCGImagePropertyOrientation] as? Int ?? 1
        return turnUpright(try readImage(image), orientation: orientation)
    }

    /// Returns the pixels of `image` as they are stored, transparent ones over white.
    ///
    /// Drawn in the image's own colour space, so that a wide-gamut photo is not converted: the model was
    /// trained on stored values.
    private func readImage(_ image: CGImage) throws -> RgbImage {
        let own = image.colorSpace.flatMap { $0.model == .rgb && $0.supportsOutput ? $0 : nil }
        guard let space = own ?? CGColorSpace(name: CGColorSpace.sRGB),
            let context = CGContext(
                data: nil, width: image.width, height: image.height, bitsPerComponent: 8, bytesPerRow: 0,
                space: space, bitmapInfo: CGImageAlphaInfo.noneSkipLast.rawValue),
            let data = context.data
        else { throw PhotoError(reason: "no memory for \(image.width) x \(image.height) px") }
        let frame = CGRect(x: 0, y: 0, width: image.width, height: image.height)
        context.setFillColor(red: 1, green: 1, blue: 1, alpha: 1)
        context.fill(frame)
        context.interpolationQuality = .none
        context.draw(image, in: frame)
        let pixels = UnsafeRawBufferPointer(start: data, count: context.bytesPerRow * image.height)
        return readPixels(
            pixels, width: image.width, height: image.height, rowBytes: context.bytesPerRow, order: .rgba)
    }
#endif
