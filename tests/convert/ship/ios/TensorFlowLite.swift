import Foundation

// What the kit uses of the vendor's module `TensorFlowLite` (tensorflow/lite/swift/Sources), declared and never run:
// the vendor delivers it for Apple's systems alone.

public final class Interpreter {
    public struct Options {
        public var threadCount: Int? = nil

        public init() {}
    }

    public init(modelPath: String, options: Options? = nil) throws { fatalError() }

    public func allocateTensors() throws { fatalError() }
    public func signatureRunner(with key: String) throws -> SignatureRunner { fatalError() }
    public func input(at index: Int) throws -> Tensor { fatalError() }
    public func output(at index: Int) throws -> Tensor { fatalError() }
    public func invoke() throws { fatalError() }

    @discardableResult
    public func copy(_ data: Data, toInputAt index: Int) throws -> Tensor { fatalError() }
}

public final class SignatureRunner {
    public var inputs: [String] { fatalError() }
    public var outputs: [String] { fatalError() }

    public func allocateTensors() throws { fatalError() }
    public func input(named name: String) throws -> Tensor { fatalError() }
    public func output(named name: String) throws -> Tensor { fatalError() }
    public func invoke(with inputs: [String: Data]) throws { fatalError() }
}

public struct Tensor {
    public enum DataType {
        case bool, uInt8, int16, int32, int64, float16, float32, float64
    }

    public struct Shape {
        public let dimensions: [Int]
    }

    public let dataType: DataType
    public let shape: Shape
    public let data: Data
    public let quantizationParameters: QuantizationParameters?
}

public struct QuantizationParameters {
    public let scale: Float
    public let zeroPoint: Int
}
