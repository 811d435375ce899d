/// A picture as raw RGB bytes, row by row, three bytes a pixel.
public struct RgbImage: Equatable, Sendable {
    public static let channels = 3

    public let width: Int
    public let height: Int
    public let bytes: [UInt8]

    public init(width: Int, height: Int, bytes: [UInt8]) {
        precondition(
            width > 0 && height > 0 && bytes.count == width * height * Self.channels,
            "\(width) x \(height) px in \(bytes.count) bytes, expected width x height x \(Self.channels)")
        self.width = width
        self.height = height
        self.bytes = bytes
    }
}
