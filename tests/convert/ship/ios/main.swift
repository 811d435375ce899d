import Foundation

/// The iOS kit's rules on the vectors of a model: main ASSETS WORK.
///
/// Takes the pixels of each picture from WORK/PICTURE.raw and writes what the model would be given, view by view,
/// to WORK/PICTURE.tiles. Prints a line for each: the places of its tiles, what their expected scores and those of
/// the other views come to, the verdict on that, and its condition.
struct Vectors: Decodable {
    struct Score: Decodable {
        let p_fake: Double
    }

    struct Picture: Decodable {
        let file: String
        let width: Int
        let height: Int
        let tiles: [Score]
        let views: [Score]
    }

    let images: [Picture]
}

let assets = URL(fileURLWithPath: CommandLine.arguments[1])
let work = URL(fileURLWithPath: CommandLine.arguments[2])
let contract = try parseContract(Data(contentsOf: assets.appendingPathComponent("contract.json")))
let spec = contract.input
let text = try Data(contentsOf: assets.appendingPathComponent("vectors/vectors.json"))

func fit(_ image: RgbImage, _ view: any FitSpec) -> (places: [Place], tiles: [RgbImage]) {
    if view.fit == .resize {
        return ([Place(left: 0, top: 0)], [resize(image, width: view.size, height: view.size)])
    }
    let places = placeTiles(width: image.width, height: image.height, spec: view)
    return (places, places.map { cutTile(image, at: $0, size: view.size) })
}

for expected in try JSONDecoder().decode(Vectors.self, from: text).images {
    let pixels = try Data(contentsOf: work.appendingPathComponent("\(expected.file).raw"))
    let image = RgbImage(width: expected.width, height: expected.height, bytes: [UInt8](pixels))
    let fitted = spec.everyView.map { fit(image, $0) }
    var given = Data()
    for tile in fitted.flatMap(\.tiles) { given.append(contentsOf: tile.bytes) }
    try given.write(to: work.appendingPathComponent("\(expected.file).tiles"))
    let weights = fitted[0].tiles.map { weighTile($0, by: spec.pool) }
    let pooled = pool(expected.tiles.map { Float($0.p_fake) }, by: spec.pool, weights: weights)
    let pFake = fuse([pooled] + expected.views.dropFirst().map(\.p_fake), by: spec.fusion)
    let condition = measureCondition(image)
    let reason = findReason(condition, contract.decision.condition)
    let spread = fitted[0].places.map { "\($0.left),\($0.top)" }.joined(separator: " ")
    let verdict = decide(pFake, by: contract.decision, reason: reason).rawValue
    let told = [condition.texture, condition.sharpness, condition.blocking].map { $0.map { "\($0)" } ?? "" }
    print("\(expected.file);\(spread);\(pFake);\(verdict);\(reason?.rawValue ?? "");\(told.joined(separator: ";"))")
}
