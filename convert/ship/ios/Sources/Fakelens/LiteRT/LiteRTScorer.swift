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
        private let views: [View]

        public init(modelPath: String, spec: InputSpec, threads: Int = 1) throws {
            var options = Interpreter.Options()
            options.threadCount = threads
            let path = try chooseRoot(spec.root ?? 0, of: modelPath)
            let interpreter = try Interpreter(modelPath: path, options: options)
            try interpreter.allocateTensors()
            self.interpreter = interpreter
            views = try spec.everyView.enumerated().map { index, view in
                guard let named = spec.views?[index] else { return try View(interpreter, size: view.size) }
                let runner = try interpreter.signatureRunner(with: named.signature)
                return try View(runner, size: view.size)
            }
        }

        public func score(_ tile: RgbImage, view: Int) throws -> Float {
            let chosen = views[view]
            let data =
                chosen.takesBytes
                ? Data(tile.bytes)
                : tile.bytes.map(Float.init).withUnsafeBytes { Data($0) }
            return try readFake(try chosen.run(data))
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

    /// Returns a copy of the model by the root under which every view is a signature; other readers see the
    /// first view alone.
    private func chooseRoot(_ root: UInt32, of modelPath: String) throws -> String {
        if root == 0 { return modelPath }
        var model = try Data(contentsOf: URL(fileURLWithPath: modelPath))
        withUnsafeBytes(of: root.littleEndian) { model.replaceSubrange(0..<4, with: $0) }
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent("fakelens-views.tflite")
        try model.write(to: copy, options: .atomic)
        return copy.path
    }

    /// One view of the model: a signature of the file, or subgraph 0 where the contract names none.
    private struct View {
        let takesBytes: Bool
        let run: (Data) throws -> Tensor

        init(_ interpreter: Interpreter, size: Int) throws {
            takesBytes = try takes(
                try interpreter.input(at: 0), giving: try interpreter.output(at: 0), size: size)
            run = { data in
                try interpreter.copy(data, toInputAt: 0)
                try interpreter.invoke()
                return try interpreter.output(at: 0)
            }
        }

        init(_ runner: SignatureRunner, size: Int) throws {
            guard let input = runner.inputs.first, let output = runner.outputs.first else {
                throw ModelError(reason: "a signature has no input or no output: convert the model again")
            }
            try runner.allocateTensors()
            takesBytes = try takes(
                try runner.input(named: input), giving: try runner.output(named: output), size: size)
            run = { data in
                try runner.invoke(with: [input: data])
                return try runner.output(named: output)
            }
        }
    }

    /// Returns whether the model takes bytes; throws where its tensors are not those of the contract.
    private func takes(_ source: Tensor, giving target: Tensor, size: Int) throws -> Bool {
        let shapes = (source.shape.dimensions, target.shape.dimensions)
        guard shapes == ([1, size, size, RgbImage.channels], [1, 2]) else {
            throw ModelError(
                reason: "the model takes \(shapes.0) and gives \(shapes.1), the contract says \(size) px: "
                    + "ship it again")
        }
        guard [.uInt8, .float32].contains(source.dataType), [.uInt8, .float32].contains(target.dataType)
        else {
            throw ModelError(
                reason: "the model takes \(source.dataType) and gives \(target.dataType), "
                    + "expected uInt8 or float32")
        }
        return source.dataType == .uInt8
    }

    extension Kit {
        /// Returns a detector on LiteRT. Takes some ten milliseconds: not on the main thread.
        public static func openLiteRTDetector(threads: Int = 1) throws -> Detector {
            let contract = try readContract()
            guard let model else { throw ModelError(reason: "model.tflite is not among the resources") }
            let scorer = try LiteRTScorer(
                modelPath: model.path, spec: contract.input, threads: threads)
            return Detector(contract: contract, scorer: scorer)
        }
    }
#endif
