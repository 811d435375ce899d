// swift-tools-version: 5.9
import PackageDescription

// The rules, the camera and the resources. The vendors' runtimes come by CocoaPods (see Fakelens.podspec):
// their files here compile to nothing where the runtime's module is not there.
let package = Package(
    name: "Fakelens",
    platforms: [.iOS(.v15), .macOS(.v12)],
    products: [.library(name: "Fakelens", targets: ["Fakelens"])],
    targets: [
        // File by file: a bundle with a folder called Resources at its root cannot be signed for iOS.
        .target(
            name: "Fakelens",
            resources: [
                .copy("Resources/model.tflite"),
                .copy("Resources/contract.json"),
                .copy("Resources/labels.txt"),
                .copy("Resources/MODEL_CARD.md"),
            ]),
        .testTarget(
            name: "FakelensTests", dependencies: ["Fakelens"], resources: [.copy("Resources/vectors")]),
    ]
)
