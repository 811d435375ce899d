import Foundation

private let a1111 = [
    Pattern(#"Steps: ?\d"#), Pattern(#"Sampler: ?\S"#), Pattern(#"CFG scale: ?[\d.]"#), Pattern(#"Seed: ?-?\d"#),
]
private let a1111Enough = 3
private let fooocus = ["guidance_scale", "scheduler", "seed", "sharpness", "steps"]
private let fooocusEnough = 4
private let classType = Pattern(#""class_type"\s*:\s*"([^"]{1,100})""#)
private let nodeType = Pattern(#""type"\s*:\s*"([^"]{1,100})""#)
private let nodes = Pattern(#""nodes"\s*:\s*\["#)
private let dream = Pattern(#"^"[^"]{1,4000}"\s[^"]{0,400}?-S ?\d"#)
private let job = Pattern(#"Job ID: ?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"#)
private let midjourneyOption = Pattern(#"\s--(?:v|ar|niji|style|stylize|s|seed|chaos|q|profile|raw)\b"#)
private let invokeKeys: Set<String> = [
    "invokeai_metadata", "invokeai_graph", "invokeai_workflow", "sd-metadata",
]
private let mflux = Pattern(#"^\s*\{\s*"mflux_version"\s*:"#)
private let imaginairy = Pattern(#""software"\s*:\s*"imaginairy""#)
// At the start of the field, which a program fills with its own name; editors with AI functions are not here.
private let generators = Pattern(
    "^(imaginairy / stable diffusion|novelai|mflux|midjourney|invokeai|comfyui|fooocus|stable diffusion|"
        + #"automatic1111|easy diffusion|draw things)\b"#,
    ignoringCase: true)

/// Returns what the text under `key` of a PNG chunk, or of a field of EXIF, says.
func judgeText(_ key: String, _ text: String, _ source: Source, at place: String) -> [Evidence] {
    var found = [Evidence]()
    if let generator = nameGenerator(key, text) {
        found.append(declare("holds the settings of \(generator)", text, source, place))
    } else if key == "prompt" || key == "workflow" {
        found += judgeWorkflow(text, source, at: place)
    } else if key == "AIGC" {
        found += judgeAigcLabel(text, source, at: place)
    } else if key == "Software" {
        found += judgeSoftware(text, source, at: place)
    } else if key == "Description" || key == "Comment" {
        found += judgeDescription(text, source, at: place)
    }
    return found + judgeEmbeddedLabels(text, source, at: place)
}

private func nameGenerator(_ key: String, _ text: String) -> String? {
    func has(_ name: String) -> Bool { text.range(of: "\"\(name)\"", options: .literal) != nil }
    if a1111.filter({ $0.isFound(in: text) }).count >= a1111Enough {
        return "a Stable Diffusion program (AUTOMATIC1111, Forge, SD.Next or the like)"
    }
    let first = text.unicodeScalars.first { !$0.properties.isWhitespace }
    let isObject = first == "{"
    if isObject && fooocus.filter(has).count >= fooocusEnough { return "Fooocus" }
    if isObject && key == "Comment" && has("uc") && has("prompt") { return "NovelAI" }
    if isObject && invokeKeys.contains(key) { return "InvokeAI" }
    if key == "Dream" && dream.isFound(in: text) { return "InvokeAI" }
    if mflux.isFound(in: text) { return "mflux" }
    if isObject && imaginairy.isFound(in: text) { return "imaginAIry" }
    return text.hasPrefix("OpenAI--ImageGeneration--") ? "DALL·E" : nil
}

/// Judges a graph of ComfyUI: with a sampler, or without a picture that it loads, it generates.
func judgeWorkflow(_ text: String, _ source: Source, at place: String) -> [Evidence] {
    var kinds = classType.findAll(in: text)
    if kinds.isEmpty && nodes.isFound(in: text) { kinds = nodeType.findAll(in: text) }
    if kinds.isEmpty { return [] }
    var names = [String]()
    var seen = Set<String>()
    for kind in kinds where seen.insert(kind).inserted { names.append(kind) }
    let words = names.joined(separator: ", ")
    let samples = names.contains { $0.lowercased().contains("sampler") }
    if samples || !names.contains(where: { $0.hasPrefix("LoadImage") }) {
        return [declare("holds a workflow of ComfyUI", words, source, place)]
    }
    let what = "holds a workflow of ComfyUI that loads a picture and runs no sampler"
    return [Evidence(source, .declaresEdited, what, words: words, at: place)]
}

/// Judges a field that names the program: those that do nothing but generate pictures.
func judgeSoftware(_ value: String, _ source: Source, at place: String) -> [Evidence] {
    let program = value.trimmingCharacters(in: .whitespacesAndNewlines)
    if !generators.isFound(in: program) { return [] }
    return [declare("the field for its software names a generator", value, source, place)]
}

/// Judges a description for the job number that Midjourney writes behind the prompt.
func judgeDescription(_ text: String, _ source: Source, at place: String) -> [Evidence] {
    guard let number = job.find(in: text) else { return [] }
    if midjourneyOption.isFound(in: text) {
        return [declare("holds a prompt and job number of Midjourney", text, source, place)]
    }
    return [Evidence(source, .note, "holds a job number as Midjourney writes it", words: number, at: place)]
}

private func declare(_ what: String, _ words: String, _ source: Source, _ place: String) -> Evidence {
    Evidence(source, .declaresGenerated, what, words: words, at: place)
}
