import Foundation

/// What `fakelens ship` put into the resources of this package.
public enum Kit {
    private final class Anchor {}

    public static var model: URL? { find("model", "tflite") }

    /// Returns the contract of the shipped model.
    public static func readContract() throws -> Contract {
        guard let url = find("contract", "json") else {
            throw ContractError(reason: "it is not among the resources: let fakelens ship write the kit")
        }
        return try parseContract(try Data(contentsOf: url))
    }

    private static func find(_ name: String, _ suffix: String) -> URL? {
        #if SWIFT_PACKAGE
            return Bundle.module.url(forResource: name, withExtension: suffix)
        #else  // CocoaPods: a bundle of its own inside the framework or the app
            let bundle = Bundle(for: Anchor.self).url(forResource: "Fakelens", withExtension: "bundle")
            return bundle.flatMap(Bundle.init(url:))?.url(forResource: name, withExtension: suffix)
        #endif
    }
}
