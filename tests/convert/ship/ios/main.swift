import Foundation

/// The iOS kit's rules on the vectors of a model: main ASSETS WORK.
///
/// Takes the pixels of each picture from WORK/PICTURE.raw and writes what the model would be given to
/// WORK/PICTURE.tiles. Prints a line for each: the places of its tiles, what their expected scores pool to, and
/// the verdict on that.
struct Vectors: Decodable {
    struct Tile: Decodable {
        let p_fake: Double
    }

    struct Picture: Decodable {
        let file: String
        let width: Int
        let height: Int
        let tiles: [Tile]
    }

    let images: [Picture]
}

let assets = URL(fileURLWithPath: CommandLine.arguments[1])
let work = URL(fileURLWithPath: CommandLine.arguments[2])
let contract = try parseContract(Data(contentsOf: assets.appendingPathComponent("contract.json")))
let spec = contract.input
let text = try Data(contentsOf: assets.appendingPathComponent("vectors/vectors.json"))

for expected in try JSONDecoder().decode(Vectors.self, from: text).images {
    let pixels = try Data(contentsOf: work.appendingPathComponent("\(expected.file).raw"))
    let image = RgbImage(width: expected.width, height: expected.height, bytes: [UInt8](pixels))
    let tiled = spec.fit == .tiles
    let places =
        tiled
        ? placeTiles(width: image.width, height: image.height, spec: spec) : [Place(left: 0, top: 0)]
    var given = Data()
    for place in places {
        let tile =
            tiled
            ? cutTile(image, at: place, size: spec.size)
            : resize(image, width: spec.size, height: spec.size)
        given.append(contentsOf: tile.bytes)
    }
    try given.write(to: work.appendingPathComponent("\(expected.file).tiles"))
    let pFake = pool(expected.tiles.map { Float($0.p_fake) }, by: spec.pool)
    let spread = places.map { "\($0.left),\($0.top)" }.joined(separator: " ")
    print("\(expected.file);\(spread);\(pFake);\(decide(pFake, by: contract.decision).rawValue)")
}
