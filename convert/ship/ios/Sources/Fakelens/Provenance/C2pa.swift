import Foundation

private let mostDepth = 16
private let mostBoxes = 50_000
private let mostAssertionBytes = 128 << 10
private let mostDecodedBytes = 512 << 10
private let headBytes = 8  // of a box
private let store = "c2pa"
private let beginnings: Set<String> = ["c2pa.created", "c2pa.opened"]
private let readLabels = ["c2pa.claim", "c2pa.actions", "c2pa.ingredient", "stds.iptc"]  // labels that are read begin so

private struct Content {
    let labels: [String]
    let kind: String
    let data: Bytes
}

private struct Action {
    let name: String
    let sourceType: String
    let software: String
}

private struct Manifest {
    let label: String
    var generator = ""
    var isSigned = false
    var isDamaged = false  // a part of it is missing, or cannot be read
    var assertions = [Content]()  // as they stand there
    var actions = [Action]()
    var ingredients = [(relationship: String, label: String)]()
}

/// How a box ends, by the lengths that it and the boxes inside it declare.
private struct End {
    let last: String?  // the label of the last box inside, where none is missing
    let isCut: Bool  // a part of the last box is missing
}

/// Returns what the JUMBF boxes `data` say: each statement, and a note that they are there; none is verified.
func readC2pa(_ data: Bytes, at place: String) -> [Evidence] {
    var manifests = readManifests(data)
    if manifests.isEmpty { return [] }
    let active = findActive(data, &manifests)
    let (own, components) = trace(manifests, from: active)
    var found = judge(own, at: place)
    if declaresGenerated(found) {
        found = found.filter { $0.strength != .declaresEdited }
    } else {
        let what = "its Content Credentials name a part that was made or edited by generative AI"
        let parts = judge(components, at: place).filter { $0.strength != .speaksForACamera }
        found += parts.map { $0.saying(what, .declaresEdited) }
    }
    let named = own.map(\.generator).last { !$0.isEmpty } ?? ""
    let isSigned = own.contains { $0.isSigned }
    let held = isSigned ? "holds Content Credentials" : "holds unsigned Content Credentials"
    let gone = "holds Content Credentials without those of the picture itself: cut, or not readable"
    let what = own.isEmpty ? gone : held
    return dropRepeated(found) + [Evidence(.c2pa, .note, what, words: named, at: place)]
}

private func judge(_ manifests: [Manifest], at place: String) -> [Evidence] {
    manifests.flatMap { manifest -> [Evidence] in
        let begun = manifest.isDamaged || manifest.actions.contains { beginnings.contains($0.name) }
        return manifest.actions.compactMap { judge($0, of: manifest, begun: begun, at: place) }
    }
}

private func judge(_ action: Action, of manifest: Manifest, begun: Bool, at place: String) -> Evidence? {
    guard let read = readSourceType(action.sourceType) else { return nil }
    let isCreation = action.name == "c2pa.created"
    let isEdit = read.strength == .declaresGenerated && begun && !isCreation
    let strength: Strength = isEdit ? .declaresEdited : read.strength
    if strength == .note || (strength == .speaksForACamera && !isCreation) { return nil }
    let meaning = isEdit ? "edited with generative AI" : read.meaning
    let program = action.software.isEmpty ? manifest.generator : action.software
    let words = [program, read.name].filter { !$0.isEmpty }.joined(separator: ", ")
    return Evidence(.c2pa, strength, "its Content Credentials say: \(meaning)", words: words, at: place)
}

/// Returns the label of the picture's own manifest, the last of the store, where it is there.
private func findActive(_ data: Bytes, _ manifests: inout [Manifest]) -> String? {
    guard let end = findEnd(data, of: store) else { return manifests.last?.label }
    // What stands before it in a store that was cut is of pictures that went into this one.
    guard let own = manifests.firstIndex(where: { $0.label == end.last }) else { return nil }
    manifests[own].isDamaged = manifests[own].isDamaged || end.isCut
    return end.last
}

/// Returns the manifest `active` with those of its parents, and all components.
private func trace(_ manifests: [Manifest], from active: String?) -> (own: [Manifest], components: [Manifest]) {
    guard let active else { return ([], manifests) }
    var seen = Set<String>()
    let named = Dictionary(manifests.map { ($0.label, $0) }, uniquingKeysWith: { first, _ in first })
    let own = follow(named, from: [active], past: &seen, parentsAlone: true)
    let putIn = own.flatMap { $0.ingredients.map(\.label) }
    return (own, follow(named, from: putIn, past: &seen, parentsAlone: false))
}

/// Returns the manifests that `labels` lead to, past those `seen`, which grow.
private func follow(
    _ manifests: [String: Manifest], from labels: [String], past seen: inout Set<String>, parentsAlone: Bool
) -> [Manifest] {
    var found = [Manifest]()
    var waiting = labels
    while let label = waiting.popLast() {
        guard let manifest = manifests[label], seen.insert(label).inserted else { continue }
        found.append(manifest)
        // OpenAI's of 2024 tell no action, and call the one picture that they hold a component.
        let tellsNothing = manifest.actions.isEmpty && !manifest.isDamaged
        let isWrapper = tellsNothing && manifest.ingredients.count == 1
        let followed = manifest.ingredients.filter {
            !parentsAlone || isWrapper || $0.relationship == "parentOf"
        }
        waiting += followed.map(\.label)
    }
    return found
}

private func readManifests(_ data: Bytes) -> [Manifest] {
    var manifests = findManifests(data)
    var bytesLeft = mostDecodedBytes
    for index in manifests.indices.reversed() {  // the picture's own is the last, before it its parents
        for content in manifests[index].assertions {
            let size = content.data.count
            if size <= min(bytesLeft, mostAssertionBytes) {
                bytesLeft -= size
                readAssertion(content, &manifests[index])
            } else {
                manifests[index].isDamaged = true
            }
        }
    }
    return manifests
}

private func findManifests(_ data: Bytes) -> [Manifest] {
    var manifests = [Manifest]()
    var places = [String: Int]()  // of each label
    for content in walkJumbf(data) {
        let labels = content.labels
        guard let last = labels.last, labels.contains(where: { $0.contains("c2pa") }) else { continue }
        let label = labels.count > 2 && labels[0] == store ? labels[1] : ""
        let index = places[label] ?? manifests.count
        if index == manifests.count {
            places[label] = index
            manifests.append(Manifest(label: label))
        }
        if last == "c2pa.signature" {
            manifests[index].isSigned = true
        } else if readLabels.contains(where: { last.hasPrefix($0) }) && ["cbor", "json"].contains(content.kind) {
            manifests[index].assertions.append(content)
        }
    }
    return manifests
}

private func readAssertion(_ content: Content, _ manifest: inout Manifest) {
    let label = (content.labels.last ?? "").components(separatedBy: "__")[0]
    guard let body = decode(content).asMap else {
        manifest.isDamaged = true
        return
    }
    if label.hasPrefix("c2pa.claim") {
        let name = body["claim_generator_info"]?.name ?? ""
        manifest.generator = name.isEmpty ? body["claim_generator"]?.name ?? "" : name
    } else if label.hasPrefix("c2pa.actions") {
        for action in (body["actions"]?.asList ?? []).compactMap(\.asMap) {
            manifest.actions.append(
                Action(
                    name: action["action"]?.asText ?? "",
                    sourceType: action["digitalSourceType"]?.asText ?? "",
                    software: action["softwareAgent"]?.name ?? ""))
        }
    } else if label.hasPrefix("c2pa.ingredient") {
        let named = body["activeManifest"]?.asMap ?? body["c2pa_manifest"]?.asMap
        let address = (named?["url"]?.asText ?? "").components(separatedBy: "/c2pa/")
        let ingredient = address.count > 1 ? address[1].components(separatedBy: "/")[0] : ""
        manifest.ingredients.append((relationship: body["relationship"]?.asText ?? "", label: ingredient))
    } else if label == "stds.iptc" {
        let sourceType = body["Iptc4xmpExt:DigitalSourceType"]?.asText ?? ""
        manifest.actions.append(Action(name: "c2pa.created", sourceType: sourceType, software: ""))
    }
}

/// Returns what a box holds; nothing where it is damaged.
private func decode(_ content: Content) -> Value {
    if content.kind == "json" {
        let scalars = content.data.utf8().unicodeScalars
        return decodeJson(String(scalars.first == "\u{FEFF}" ? scalars.dropFirst() : scalars[...]))
    }
    return (try? decodeCbor(content.data)) ?? .nothing
}

/// Returns the content boxes inside `data` in their order; what is damaged or too deep is left out.
private func walkJumbf(_ data: Bytes) -> [Content] {
    var found = [Content]()
    var waiting: [(inside: Bytes, labels: [String])] = [(inside: data, labels: [])]
    var boxes = 0
    while let level = waiting.popLast() {
        var labels = level.labels
        var nested = [(inside: Bytes, labels: [String])]()
        for box in split(level.inside) {
            boxes += 1
            if boxes > mostBoxes { return found }
            if box.kind == "jumd" {
                labels = level.labels + [readLabel(box.content)]
            } else if box.kind != "jumb" {
                found.append(Content(labels: labels, kind: box.kind, data: box.content))
            } else if labels.count < mostDepth {
                nested.append((inside: box.content, labels: labels))
            }
        }
        waiting += nested.reversed()
    }
    return found
}

/// Returns the end of the last box that is called `label` and lies in no other, where there is one.
private func findEnd(_ data: Bytes, of label: String) -> End? {
    guard let box = split(data).last(where: { $0.kind == "jumb" && findLabel($0.content) == label })
    else { return nil }
    return findEnd(inside: box.content, declaredBytes: box.content.count + max(0, box.end - data.count))
}

private func findEnd(inside content: Bytes, declaredBytes: Int) -> End {
    let boxes = split(content)
    let left = declaredBytes - (boxes.last?.end ?? 0)
    let last = boxes.last { $0.kind == "jumb" }.map { findLabel($0.content) }
    let hasRoom = left >= headBytes  // for one more box, which is not there or cannot be read
    return End(last: hasRoom ? nil : last, isCut: declaredBytes > content.count || left < 0)
}

private func findLabel(_ content: Bytes) -> String {
    guard let described = split(content).first, described.kind == "jumd" else { return "" }
    return readLabel(described.content)
}

/// Returns the kind and the content of each box, and where it says that it ends.
private func split(_ data: Bytes) -> [(kind: String, content: Bytes, end: Int)] {
    var boxes = [(kind: String, content: Bytes, end: Int)]()
    var at = 0
    while at + headBytes <= data.count && boxes.count <= mostBoxes {
        let head = data.number(at, 4) == 1 ? 16 : headBytes
        var length = head == 16 ? data.length(at + 8, 8) : data.length(at, 4)
        if length == 0 { length = data.count - at }
        if length < head { break }
        let end = at + length
        boxes.append((kind: data.sub(at + 4, at + 8).latin1(), content: data.sub(at + head, end), end: end))
        at = end
    }
    return boxes
}

private func readLabel(_ description: Bytes) -> String {
    if description.count < 18 || description[16] & 2 == 0 { return "" }
    let label = description.sub(17, 256)
    return label.sub(0, min(label.find(0), 200)).utf8()
}
