/// Why there is nothing left to see in a picture.
public enum Reason: String, Decodable, Sendable {
    case small, flat, compressed, enlarged

    /// What to tell a person.
    public var text: String {
        switch self {
        case .small: return "too small to judge"
        case .flat: return "too flat to judge, hardly any texture"
        case .compressed: return "compressed into blocks, nothing left to see"
        case .enlarged: return "enlarged beyond its resolution, nothing left to see"
        }
    }
}

/// What is left of a picture's fine structure; nil where a picture is too small or too flat to tell.
public struct Condition: Equatable, Sendable {
    public var side: Int  // px, the shorter one
    public var texture: Double?  // mean absolute step to the next pixel, grey levels
    public var sharpness: Double?  // that over the mean step to the pixel after the next
    public var blocking: Double?  // mean step across the borders of 8-px blocks over that elsewhere

    public init(side: Int, texture: Double?, sharpness: Double?, blocking: Double?) {
        self.side = side
        self.texture = texture
        self.sharpness = sharpness
        self.blocking = blocking
    }
}

private let windows = InputSpec(size: 96, fit: .tiles, tiles: 16, pool: .mean)
private let blockPx = 8  // of JPEG
private let leastStep = 1.0 / 64  // grey levels: blocks may be flat inside

/// Returns the condition of an upright `image`, from at most 16 windows of 96 px of it, cut off at its edges.
///
/// A block border lies before every eighth column, and row, of the picture; since pictures are cropped, the
/// phase of the eight whose steps are the largest is taken, the lowest of equals.
public func measureCondition(_ image: RgbImage) -> Condition {
    var steps = Steps()
    let width = min(windows.size, image.width)
    let height = min(windows.size, image.height)
    for place in placeTiles(width: image.width, height: image.height, spec: windows) {
        steps.add(cutLuma(image, at: place, width: width, height: height), width: width, place: place)
    }
    return steps.conclude(side: min(image.width, image.height))
}

/// Returns the first reason why there is nothing left to see; nil where there is something.
public func findReason(_ condition: Condition, _ limits: ConditionLimits?) -> Reason? {
    guard let limits else { return nil }
    func isBelow(_ value: Double?, _ limit: Double?) -> Bool {
        guard let value, let limit else { return false }
        return value < limit
    }
    if let least = limits.leastSide, condition.side < least { return .small }
    if isBelow(condition.texture, limits.leastTexture) { return .flat }
    if let blocking = condition.blocking, let most = limits.mostBlocking, blocking >= most {
        return .compressed
    }
    return isBelow(condition.sharpness, limits.leastSharpness) ? .enlarged : nil
}

/// Returns the luma of a rectangle of `image` in whole grey levels, as Pillow rounds it, row by row.
func cutLuma(_ image: RgbImage, at place: Place, width: Int, height: Int) -> [Int] {
    var luma = [Int]()
    luma.reserveCapacity(width * height)
    image.bytes.withUnsafeBufferPointer { bytes in
        for row in 0..<height {
            var at = ((place.top + row) * image.width + place.left) * RgbImage.channels
            for _ in 0..<width {
                let (red, green, blue) = (Int(bytes[at]), Int(bytes[at + 1]), Int(bytes[at + 2]))
                luma.append((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16)
                at += RgbImage.channels
            }
        }
    }
    return luma
}

/// Returns the mean absolute step from a pixel to its right and lower neighbours.
func measureTexture(_ luma: [Int], width: Int) -> Double {
    var sum = 0
    var count = 0
    for at in luma.indices {
        if at % width + 1 < width {
            sum += abs(luma[at + 1] - luma[at])
            count += 1
        }
        if at + width < luma.count {
            sum += abs(luma[at + width] - luma[at])
            count += 1
        }
    }
    return divide(sum, count) ?? 0
}

/// Sums and numbers of steps over one and two pixels, the former by their phase across and down.
private struct Steps {
    private var sums = [[Int]](repeating: [Int](repeating: 0, count: blockPx), count: 2)
    private var counts = [[Int]](repeating: [Int](repeating: 0, count: blockPx), count: 2)
    private var farSum = 0
    private var farCount = 0

    mutating func add(_ luma: [Int], width: Int, place: Place) {
        for at in luma.indices {
            let (x, y) = (at % width, at / width)
            if x + 1 < width { addNear(0, place.left + x + 1, luma[at + 1] - luma[at]) }
            if at + width < luma.count { addNear(1, place.top + y + 1, luma[at + width] - luma[at]) }
            if x + 2 < width { addFar(luma[at + 2] - luma[at]) }
            if at + 2 * width < luma.count { addFar(luma[at + 2 * width] - luma[at]) }
        }
    }

    func conclude(side: Int) -> Condition {
        let texture = divide(total(sums), total(counts)) ?? 0
        let far = divide(farSum, farCount) ?? 0
        return Condition(
            side: side, texture: texture, sharpness: far > 0 ? texture / far : nil,
            blocking: compareBorders())
    }

    private mutating func addNear(_ direction: Int, _ position: Int, _ step: Int) {
        sums[direction][position % blockPx] += abs(step)
        counts[direction][position % blockPx] += 1
    }

    private mutating func addFar(_ step: Int) {
        farSum += abs(step)
        farCount += 1
    }

    private func compareBorders() -> Double? {
        var borderSum = 0
        var borderCount = 0
        for direction in 0..<2 {
            var at = 0
            for phase in 1..<blockPx where mean(direction, phase) > mean(direction, at) { at = phase }
            borderSum += sums[direction][at]
            borderCount += counts[direction][at]
        }
        guard let across = divide(borderSum, borderCount),
            let inside = divide(total(sums) - borderSum, total(counts) - borderCount)
        else { return nil }
        return across / max(inside, leastStep)
    }

    private func mean(_ direction: Int, _ phase: Int) -> Double {
        divide(sums[direction][phase], counts[direction][phase]) ?? 0
    }

    private func total(_ values: [[Int]]) -> Int {
        values.reduce(0) { $0 + $1.reduce(0, +) }
    }
}

private func divide(_ sum: Int, _ count: Int) -> Double? {
    count == 0 ? nil : Double(sum) / Double(count)
}
