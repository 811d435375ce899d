import Foundation

/// A regular expression, which only reads.
final class Pattern: @unchecked Sendable {
    private let expression: NSRegularExpression

    /// A pattern is written here and never comes from a file: one that is none ends the tests.
    init(_ pattern: String, ignoringCase: Bool = false) {
        do {
            expression = try NSRegularExpression(
                pattern: pattern, options: ignoringCase ? [.caseInsensitive] : [])
        } catch {
            preconditionFailure("\(pattern): \(error)")
        }
    }

    func isFound(in text: String) -> Bool {
        expression.firstMatch(in: text, options: [], range: range(of: text)) != nil
    }

    /// Returns a group of the first place where it is found; the whole is group 0.
    func find(in text: String, group: Int = 0) -> String? {
        guard let match = expression.firstMatch(in: text, options: [], range: range(of: text)) else { return nil }
        return NSString(string: text).substring(with: match.range(at: group))
    }

    /// Returns the first group of every place where it is found.
    func findAll(in text: String) -> [String] {
        let source = NSString(string: text)
        return expression.matches(in: text, options: [], range: range(of: text)).map {
            source.substring(with: $0.range(at: 1))
        }
    }

    /// Returns every place where it is found, counted in UTF-16.
    func findRanges(in text: String) -> [Range<Int>] {
        expression.matches(in: text, options: [], range: range(of: text)).map {
            $0.range.lowerBound..<$0.range.upperBound
        }
    }

    private func range(of text: String) -> NSRange {
        NSRange(location: 0, length: text.utf16.count)
    }
}
