import Foundation

/// contract.json is not one that this kit can follow.
public struct ContractError: LocalizedError {
    public let reason: String

    public var errorDescription: String? { "contract.json: \(reason)" }
}

/// How a picture is brought to the size of the input tensor.
public enum Fit: String, Decodable, Sendable {
    case resize, tiles
}

/// How the scores of a picture's tiles become one.
public enum Pool: String, Decodable, Sendable {
    case mean, top, texture
}

/// An input tensor, raw RGB bytes of [1, size, size, 3], and how a picture comes into it.
public protocol FitSpec: Sendable {
    var size: Int { get }
    var fit: Fit { get }
    var tiles: Int { get }
    var pool: Pool { get }
}

/// One way in which the model looks at a picture: a signature of the file with an input of its own.
public struct ViewSpec: FitSpec, Decodable, Equatable {
    public let name: String
    public let signature: String
    public let size: Int
    public let fit: Fit
    public let tiles: Int
    public let pool: Pool
}

/// P(fake) = sigmoid(bias + sum of weight x logit of P(fake) of each view).
public struct Fusion: Decodable, Equatable, Sendable {
    public let weights: [Double]
    public let bias: Double

    public init(weights: [Double], bias: Double) {
        self.weights = weights
        self.bias = bias
    }
}

/// The input of the first view, then all views; none are listed where there is one and no fusion.
public struct InputSpec: FitSpec, Decodable, Equatable {
    public let size: Int
    public let fit: Fit
    public let tiles: Int
    public let pool: Pool
    public let views: [ViewSpec]?
    public let fusion: Fusion?
    public let root: UInt32?  // written over the first four bytes of the file: then every view is a signature

    public init(
        size: Int, fit: Fit, tiles: Int, pool: Pool, views: [ViewSpec]? = nil, fusion: Fusion? = nil
    ) {
        self.root = nil
        self.size = size
        self.fit = fit
        self.tiles = tiles
        self.pool = pool
        self.views = views
        self.fusion = fusion
    }

    /// Every way in which the model looks at a picture, the first one first.
    public var everyView: [any FitSpec] { views ?? [self] }
}

/// Beyond any of these there is nothing left to see in a picture; nil is not asked.
public struct ConditionLimits: Decodable, Equatable, Sendable {
    public let leastSide: Int?  // px
    public let leastTexture: Double?  // grey levels
    public let leastSharpness: Double?
    public let mostBlocking: Double?

    enum CodingKeys: String, CodingKey {
        case leastSide = "least_side"
        case leastTexture = "least_texture"
        case leastSharpness = "least_sharpness"
        case mostBlocking = "most_blocking"
    }

    public init(
        leastSide: Int? = nil, leastTexture: Double? = nil, leastSharpness: Double? = nil,
        mostBlocking: Double? = nil
    ) {
        self.leastSide = leastSide
        self.leastTexture = leastTexture
        self.leastSharpness = leastSharpness
        self.mostBlocking = mostBlocking
    }
}

/// From P(fake) to a verdict; an empty UNSURE band has unsureLow above unsureHigh.
public struct Decision: Decodable, Equatable, Sendable {
    public let threshold: Double
    public let unsureLow: Double
    public let unsureHigh: Double
    public let condition: ConditionLimits?

    enum CodingKeys: String, CodingKey {
        case threshold, condition
        case unsureLow = "unsure_low"
        case unsureHigh = "unsure_high"
    }

    public init(
        threshold: Double, unsureLow: Double, unsureHigh: Double, condition: ConditionLimits? = nil
    ) {
        self.condition = condition
        self.threshold = threshold
        self.unsureLow = unsureLow
        self.unsureHigh = unsureHigh
    }
}

/// The part of a model's contract that an app needs.
public struct Contract: Decodable, Equatable, Sendable {
    public let name: String
    public let description: String
    public let limits: String
    public let labels: [String]
    public let input: InputSpec
    public let decision: Decision
    public let schema: Int

    public init(name: String, input: InputSpec, decision: Decision) {
        self.name = name
        self.description = ""
        self.limits = ""
        self.labels = labelsInOrder
        self.input = input
        self.decision = decision
        self.schema = newestSchema
    }
}

private let newestSchema = 2
private let labelsInOrder = ["real", "fake"]  // class 1 is fake; a score is always P(fake)
private let mostPx = 4096
private let mostTiles = 1024
private let knownNames = [
    "input": Set(["size", "fit", "tiles", "pool", "views", "fusion", "root"]),
    // operating_points tell what other thresholds would cost; they change no answer.
    "decision": Set(["threshold", "unsure_low", "unsure_high", "condition", "operating_points"]),
    "input.fusion": Set(["weights", "bias"]),
    "decision.condition": Set(["least_side", "least_texture", "least_sharpness", "most_blocking"]),
]

/// Returns the contract in `json`; throws `ContractError` where it is not exactly one of this schema.
public func parseContract(_ json: Data) throws -> Contract {
    let contract: Contract
    do {
        contract = try JSONDecoder().decode(Contract.self, from: json)
    } catch {
        throw ContractError(reason: "it cannot be read: \(error)")
    }
    try checkNames(json)
    try checkValues(contract)
    return contract
}

/// A field that this kit does not know could change what it must compute.
private func checkNames(_ json: Data) throws {
    let root = try JSONSerialization.jsonObject(with: json) as? [String: Any]
    for (part, known) in knownNames {
        let found = part.split(separator: ".").reduce(root) { inside, name in
            inside?[String(name)] as? [String: Any]
        }
        let names = found?.keys.map { $0 } ?? []
        for name in names where !known.contains(name) {
            throw ContractError(reason: "\(part).\(name) is unknown to this kit: ship the model again")
        }
    }
}

private func checkValues(_ contract: Contract) throws {
    guard (1...newestSchema).contains(contract.schema) else {
        throw ContractError(
            reason: "schema is \(contract.schema), this kit reads 1 to \(newestSchema): ship the model again")
    }
    guard contract.labels == labelsInOrder else {
        throw ContractError(reason: "labels are \(contract.labels), expected \(labelsInOrder) in this order")
    }
    let input = contract.input
    for view in input.everyView {
        guard (1...mostPx).contains(view.size) else {
            throw ContractError(reason: "input.size is \(view.size), expected 1 to \(mostPx)")
        }
        let most = view.fit == .resize ? 1 : mostTiles
        guard (1...most).contains(view.tiles) else {
            throw ContractError(reason: "input.tiles is \(view.tiles), expected 1 to \(most)")
        }
    }
    try checkFusion(input)
    let decision = contract.decision
    for (name, value) in [
        ("threshold", decision.threshold), ("unsure_low", decision.unsureLow),
        ("unsure_high", decision.unsureHigh),
    ] where !(0.0...1.0).contains(value) {
        throw ContractError(reason: "decision.\(name) is \(value), expected 0 to 1")
    }
}

private func checkFusion(_ input: InputSpec) throws {
    guard let views = input.views, let fusion = input.fusion else {
        if input.views == nil && input.fusion == nil { return }
        throw ContractError(reason: "input.views and input.fusion go together: ship the model again")
    }
    guard let first = views.first, first.size == input.size, first.fit == input.fit,
        first.tiles == input.tiles, first.pool == input.pool
    else {
        throw ContractError(reason: "input.views does not begin with the input itself")
    }
    guard fusion.weights.count == views.count, fusion.weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
        throw ContractError(
            reason: "fusion.weights is \(fusion.weights), expected \(views.count) of 0 or more")
    }
}
