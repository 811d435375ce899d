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

/// What one view of a model says of a picture.
public struct ViewScore: Equatable, Sendable {
    public let name: String
    public let pFake: Double
}

/// What a model says of one picture.
public struct Verdict: Equatable, Sendable {
    public internal(set) var label: Label
    public let pFake: Double
    public let model: String
    public let latencyMs: Double  // fitting and inference, without decoding
    public let reduction: Double  // how many times the picture was scaled down, along its longer side
    public let regions: [Region]  // the tiles; empty where the model looks at the picture as a whole
    public let reason: Reason?  // why there is nothing left to see; the answer is unsure then
    public let views: [ViewScore]  // none where the model has one view
    public internal(set) var evidence: [Evidence]? = nil  // what the file says of itself; nil where it was not asked
    public internal(set) var pixelsLabel: Label? = nil  // the pixels' answer, where the file decided instead
}

/// Returns the answer for `pFake` by the contract's threshold and UNSURE band; unsure where there is a reason.
public func decide(_ pFake: Double, by decision: Decision, reason: Reason? = nil) -> Label {
    if reason != nil { return .unsure }
    if pFake >= decision.unsureLow && pFake <= decision.unsureHigh { return .unsure }
    return pFake >= decision.threshold ? .fake : .real
}

/// Returns `verdict`, which is of the pixels, with what the file says of itself.
///
/// A declared generator decides, whatever the pixels. Nothing else does: that a file declares none says nothing, and a
/// camera named in it turns no FAKE into REAL, since anybody can write that.
public func fuseEvidence(_ verdict: Verdict, _ evidence: [Evidence]) -> Verdict {
    var fused = verdict
    fused.evidence = evidence
    if declaresGenerated(evidence) {
        fused.label = .fake
        fused.pixelsLabel = verdict.label
    }
    return fused
}
