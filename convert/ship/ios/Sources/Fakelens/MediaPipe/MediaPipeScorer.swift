#if canImport(MediaPipeTasksVision)
    import CoreVideo
    import Foundation
    import MediaPipeTasksVision

    /// MediaPipe cannot take the picture, or gave no score for it.
    public struct ScoringError: LocalizedError {
        public let reason: String

        public var errorDescription: String? { reason }
    }

    /// The model on MediaPipe Tasks, in the pod `MediaPipeTasksVision`; it reads the labels from the file.
    ///
    /// After "Image classification guide for iOS" on ai.google.dev/edge/mediapipe. A tile has the size of the
    /// input tensor, so MediaPipe has nothing to resize; a whole photo given to it directly would be scaled
    /// down, which erases what a model for photos looks at.
    public final class MediaPipeScorer: TileScorer {
        private let classifier: ImageClassifier

        public init(modelPath: String) throws {
            let options = ImageClassifierOptions()
            options.baseOptions.modelAssetPath = modelPath
            options.runningMode = .image
            classifier = try ImageClassifier(options: options)
        }

        public func score(_ tile: RgbImage, view: Int) throws -> Float {
            let image = try MPImage(pixelBuffer: try makePixelBuffer(tile))
            let heads = try classifier.classify(image: image).classificationResult.classifications
            guard let fake = heads.first?.categories.first(where: { $0.categoryName == "fake" }) else {
                throw ScoringError(reason: "MediaPipe names no category fake: ship the model again")
            }
            return fake.score
        }
    }

    /// MediaPipe takes pixel buffers of 32 bits BGRA alone.
    private func makePixelBuffer(_ image: RgbImage) throws -> CVPixelBuffer {
        var made: CVPixelBuffer?
        let status = CVPixelBufferCreate(
            kCFAllocatorDefault, image.width, image.height, kCVPixelFormatType_32BGRA, nil, &made)
        guard status == kCVReturnSuccess, let buffer = made else {
            throw ScoringError(reason: "no pixel buffer of \(image.width) x \(image.height) px (\(status))")
        }
        CVPixelBufferLockBaseAddress(buffer, [])
        defer { CVPixelBufferUnlockBaseAddress(buffer, []) }
        guard let base = CVPixelBufferGetBaseAddress(buffer) else {
            throw ScoringError(reason: "a pixel buffer without memory")
        }
        let rowBytes = CVPixelBufferGetBytesPerRow(buffer)
        for row in 0..<image.height {
            let line = base.advanced(by: row * rowBytes).assumingMemoryBound(to: UInt8.self)
            for column in 0..<image.width {
                let from = (row * image.width + column) * RgbImage.channels
                line[column * 4] = image.bytes[from + 2]
                line[column * 4 + 1] = image.bytes[from + 1]
                line[column * 4 + 2] = image.bytes[from]
                line[column * 4 + 3] = 255
            }
        }
        return buffer
    }

    extension Kit {
        /// Returns a detector on MediaPipe Tasks. Not on the main thread.
        ///
        /// Throws for a model of several views: MediaPipe runs the first one alone.
        public static func openMediaPipeDetector() throws -> Detector {
            guard let model else { throw ScoringError(reason: "model.tflite is not among the resources") }
            let contract = try readContract()
            guard contract.input.everyView.count == 1 else {
                throw ScoringError(
                    reason: "the model has several views, MediaPipe runs the first alone: "
                        + "use openLiteRTDetector")
            }
            return Detector(contract: contract, scorer: try MediaPipeScorer(modelPath: model.path))
        }
    }
#endif
