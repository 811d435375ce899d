private let precisionBits: Int32 = 22  // 32 bits less 8 of the pixel and 2 of headroom
private let half: Int32 = 1 << (precisionBits - 1)

/// What a pixel of the result is made of: the first pixel, and the weights from there on.
private struct Kernel {
    let first: Int
    let weights: [Int32]
}

/// Returns `image` scaled to `width` x `height` px, byte for byte as Pillow 13's BILINEAR does.
///
/// On reduction the filter widens with the scale, so that every pixel counts. The result of the first pass is
/// rounded to bytes before the second, so their order tells: a picture that loses much more height than width
/// loses height first (older Pillows: width always first, which differs by a grey level here and there).
/// Core Graphics, vImage and GPU samplers do otherwise: they move pixels by several grey levels, and a
/// resampler's traces are just what the model looks at.
public func resize(_ image: RgbImage, width: Int, height: Int) -> RgbImage {
    if image.height - height > 2 * max(0, image.width - width) {
        return resizeAcross(resizeDown(image, height), width)
    }
    return resizeDown(resizeAcross(image, width), height)
}

private func resizeAcross(_ image: RgbImage, _ width: Int) -> RgbImage {
    if width == image.width { return image }
    let channels = RgbImage.channels
    let kernels = makeKernels(from: image.width, to: width)
    let size = width * image.height * channels
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { result, count in
        image.bytes.withUnsafeBufferPointer { source in
            for row in 0..<image.height {
                let start = row * image.width * channels
                for kernel in kernels {
                    for channel in 0..<channels {
                        let from = start + kernel.first * channels + channel
                        result[count] = weigh(source, from: from, stride: channels, by: kernel.weights)
                        count += 1
                    }
                }
            }
        }
    }
    return RgbImage(width: width, height: image.height, bytes: bytes)
}

private func resizeDown(_ image: RgbImage, _ height: Int) -> RgbImage {
    if height == image.height { return image }
    let kernels = makeKernels(from: image.height, to: height)
    let stride = image.width * RgbImage.channels
    let bytes = [UInt8](unsafeUninitializedCapacity: stride * height) { result, count in
        image.bytes.withUnsafeBufferPointer { source in
            for kernel in kernels {
                for column in 0..<stride {
                    let from = kernel.first * stride + column
                    result[count] = weigh(source, from: from, stride: stride, by: kernel.weights)
                    count += 1
                }
            }
        }
    }
    return RgbImage(width: image.width, height: height, bytes: bytes)
}

private func weigh(
    _ source: UnsafeBufferPointer<UInt8>, from: Int, stride: Int, by weights: [Int32]
) -> UInt8 {
    var sum = half
    var at = from
    for weight in weights {
        sum += Int32(source[at]) * weight
        at += stride
    }
    return UInt8(min(max(sum >> precisionBits, 0), 255))
}

private func makeKernels(from: Int, to: Int) -> [Kernel] {
    let scale = Double(from) / Double(to)
    let support = max(scale, 1)  // of a triangle that reaches 1 pixel of the coarser of the two grids
    let inverse = 1 / support  // a product with it, not a quotient: another rounding could end in another byte
    return (0..<to).map { index in
        let center = (Double(index) + 0.5) * scale
        let low = max(0, Int(center - support + 0.5))
        let high = min(from, Int(center + support + 0.5))
        let triangle = (low..<high).map { max(0, 1 - abs((Double($0) - center + 0.5) * inverse)) }
        let sum = triangle.reduce(0, +)
        let weights = triangle.map { Int32(0.5 + $0 / sum * Double(Int32(1) << precisionBits)) }
        return Kernel(first: low, weights: weights)
    }
}
