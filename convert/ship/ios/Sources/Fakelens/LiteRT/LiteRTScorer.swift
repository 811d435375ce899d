#if canImport(TensorFlowLite)
    import Foundation
    import TensorFlowLite

    /// The file is not a model that this kit can run.
    public struct ModelError: LocalizedError {
        public let reason: String

        public var errorDescription: String? { reason }
    }

    /// The model on LiteRT, in the pod `TensorFlowLiteSwift`.
    ///
    /// After "iOS quickstart" on ai.google.dev/edge/litert.
    public final class LiteRTScorer: TileScorer {
        private static let fake = 1

        private let interpreter: Interpreter
        private let takesBytes: Bool

        public init(modelPath: String, size: Int, threads: Int = 1) throws {
            var options = Interpreter.Options()
            options.threadCount = threads
            interpreter = try Interpreter(modelPath: modelPath, options: options)
            try interpreter.allocateTensors()
            let source = try interpreter.input(at: 0)
            let target = try interpreter.output(at: 0)
            let shapes = (source.shape.dimensions, target.shape.dimensions)
            guard shapes == ([1, size, size, RgbImage.channels], [1, 2]) else {
                throw ModelError(
                    reason: "the model takes \(shapes.0) and gives \(shapes.1), the contract says \(size) px: "
                        + "ship it again")
            }
            guard [.uInt8, .float32].contains(source.dataType),
                [.uInt8, .float32].contains(target.dataType)
            else {
                throw ModelError(
                    reason: "the model takes \(source.dataType) and gives \(target.dataType), "
                        + "expected uInt8 or float32")
            }
            takesBytes = source.dataType == .uInt8
        }

        public func score(_ tile: RgbImage) throws -> Float {
            let data =
                takesBytes
                ? Data(tile.bytes)
                : tile.bytes.map(Float.init).withUnsafeBytes { Data($0) }
            try interpreter.copy(data, toInputAt: 0)
            try interpreter.invoke()
            return try readFake(try interpreter.output(at: 0))
        }

        /// A quantized output is turned into a probability by the tensor's own scale and zero point.
        private func readFake(_ output: Tensor) throws -> Float {
            if output.dataType == .float32 {
                return output.data.withUnsafeBytes {
                    $0.loadUnaligned(fromByteOffset: Self.fake * MemoryLayout<Float>.size, as: Float.self)
                }
            }
            guard let quantization = output.quantizationParameters else {
                throw ModelError(reason: "the model's output has no scale: convert the model again")
            }
            let value = Int(output.data[output.data.startIndex + Self.fake])
            return Float(value - quantization.zeroPoint) * quantization.scale
        }
    }

    extension Kit {
        /// Returns a detector on LiteRT. Takes some ten milliseconds: not on the main thread.
        public static func openLiteRTDetector(threads: Int = 1) throws -> Detector {
            let contract = try readContract()
            guard let model else { throw ModelError(reason: "model.tflite is not among the resources") }
            let scorer = try LiteRTScorer(
                modelPath: model.path, size: contract.input.size, threads: threads)
            return Detector(contract: contract, scorer: scorer)
        }
    }
#endif
