/// Left and top of a tile, px, of the upright picture.
public struct Place: Equatable, Sendable {
    public let left: Int
    public let top: Int

    public init(left: Int, top: Int) {
        self.left = left
        self.top = top
    }
}

/// Returns where the tiles of a picture of `width` x `height` px lie, row by row.
///
/// As many columns and rows as fit side by side; while that is over `spec.tiles`, the direction whose tiles
/// stand closer loses one. They are spread from edge to edge, a single one stands in the middle.
public func placeTiles(width: Int, height: Int, spec: any FitSpec) -> [Place] {
    var columns = max(1, width / spec.size)
    var rows = max(1, height / spec.size)
    while columns * rows > spec.tiles {
        if rows == 1 || (columns > 1 && width * rows <= height * columns) {
            columns -= 1
        } else {
            rows -= 1
        }
    }
    return cross(spread(width - spec.size, columns), spread(height - spec.size, rows))
}

/// Returns places of tiles of `size` px that overlap by half, spread from edge to edge.
///
/// Where that would be over `most` they stand farther apart, both ways alike. For maps, not for verdicts.
public func placeGrid(width: Int, height: Int, size: Int, most: Int) -> [Place] {
    precondition(most > 0, "most is \(most), expected 1 or more")
    var step = max(1, size / 2)
    while true {
        let columns = countSteps(width - size, step) + 1
        let rows = countSteps(height - size, step) + 1
        if columns * rows <= most {
            return cross(spread(width - size, columns), spread(height - size, rows))
        }
        step += max(1, step / 8)
    }
}

/// Returns the tile of `image` at `place`, `size` x `size` px.
///
/// What lies beyond the right or lower edge is the picture mirrored there, edge pixels repeated.
public func cutTile(_ image: RgbImage, at place: Place, size: Int) -> RgbImage {
    let channels = RgbImage.channels
    let columns = (0..<size).map { mirror(place.left + $0, image.width) * channels }
    let bytes = [UInt8](unsafeUninitializedCapacity: size * size * channels) { tile, count in
        image.bytes.withUnsafeBufferPointer { source in
            for row in 0..<size {
                let start = mirror(place.top + row, image.height) * image.width * channels
                for column in columns {
                    for channel in 0..<channels {
                        tile[count] = source[start + column + channel]
                        count += 1
                    }
                }
            }
        }
    }
    return RgbImage(width: size, height: size, bytes: bytes)
}

private func mirror(_ position: Int, _ length: Int) -> Int {
    let within = position % (2 * length)
    return within < length ? within : 2 * length - 1 - within
}

private func countSteps(_ room: Int, _ step: Int) -> Int {
    room <= 0 ? 0 : (room + step - 1) / step
}

private func spread(_ room: Int, _ count: Int) -> [Int] {
    if room <= 0 { return [0] }
    return count == 1 ? [room / 2] : (0..<count).map { $0 * room / (count - 1) }
}

private func cross(_ lefts: [Int], _ tops: [Int]) -> [Place] {
    tops.flatMap { top in lefts.map { Place(left: $0, top: top) } }
}
