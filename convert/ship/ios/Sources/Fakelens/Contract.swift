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
    case mean, top
}

/// The input tensor: raw RGB bytes, [1, size, size, 3].
public struct InputSpec: Decodable, Equatable, Sendable {
    public let size: Int
    public let fit: Fit
    public let tiles: Int
    public let pool: Pool

    public init(size: Int, fit: Fit, tiles: Int, pool: Pool) {
        self.size = size
        self.fit = fit
        self.tiles = tiles
        self.pool = pool
    }
}

/// From P(fake) to a verdict; an empty UNSURE band has unsureLow above unsureHigh.
public struct Decision: Decodable, Equatable, Sendable {
    public let threshold: Double
    public let unsureLow: Double
    public let unsureHigh: Double

    enum CodingKeys: String, CodingKey {
        case threshold
        case unsureLow = "unsure_low"
        case unsureHigh = "unsure_high"
    }

    public init(threshold: Double, unsureLow: Double, unsureHigh: Double) {
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
        self.schema = schemaVersion
    }
}

private let schemaVersion = 1
private let labelsInOrder = ["real", "fake"]  // class 1 is fake; a score is always P(fake)
private let mostPx = 4096
private let mostTiles = 1024
private let knownNames = [
    "input": Set(["size", "fit", "tiles", "pool"]),
    "decision": Set(["threshold", "unsure_low", "unsure_high"]),
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
        let names = (root?[part] as? [String: Any])?.keys.map { $0 } ?? []
        for name in names where !known.contains(name) {
            throw ContractError(reason: "\(part).\(name) is unknown to this kit: ship the model again")
        }
    }
}

private func checkValues(_ contract: Contract) throws {
    guard contract.schema == schemaVersion else {
        throw ContractError(
            reason: "schema is \(contract.schema), this kit reads \(schemaVersion): ship the model again")
    }
    guard contract.labels == labelsInOrder else {
        throw ContractError(reason: "labels are \(contract.labels), expected \(labelsInOrder) in this order")
    }
    let input = contract.input
    guard (1...mostPx).contains(input.size) else {
        throw ContractError(reason: "input.size is \(input.size), expected 1 to \(mostPx)")
    }
    let most = input.fit == .resize ? 1 : mostTiles
    guard (1...most).contains(input.tiles) else {
        throw ContractError(reason: "input.tiles is \(input.tiles), expected 1 to \(most)")
    }
    let decision = contract.decision
    for (name, value) in [
        ("threshold", decision.threshold), ("unsure_low", decision.unsureLow),
        ("unsure_high", decision.unsureHigh),
    ] where !(0.0...1.0).contains(value) {
        throw ContractError(reason: "decision.\(name) is \(value), expected 0 to 1")
    }
}
