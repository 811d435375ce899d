/// The three answers.
public enum Label: String, Decodable, Sendable {
    case real, fake, unsure
}

/// A tile of a picture, and P(fake) of it alone.
public struct Region: Equatable, Sendable {
    public let place: Place
    public let size: Int
    public let pFake: Float
}

/// What a model says of one picture.
public struct Verdict: Equatable, Sendable {
    public let label: Label
    public let pFake: Double
    public let model: String
    public let latencyMs: Double  // fitting and inference, without decoding
    public let reduction: Double  // how many times the picture was scaled down, along its longer side
    public let regions: [Region]  // the tiles; empty where the model looks at the picture as a whole
}

/// Returns the answer for `pFake` by the contract's threshold and UNSURE band.
public func decide(_ pFake: Double, by decision: Decision) -> Label {
    if pFake >= decision.unsureLow && pFake <= decision.unsureHigh { return .unsure }
    return pFake >= decision.threshold ? .fake : .real
}
