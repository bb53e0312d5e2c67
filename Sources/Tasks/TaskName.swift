/// The rule for names in `[task]`: `org/name`, or a bare name, which Harbor's registry would not take.
enum TaskName {
    static func isValid(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return (1...2).contains(parts.count) && !name.contains("..") && parts.allSatisfy(isPart)
    }

    /// A letter or digit, then letters, digits, dots, underscores and hyphens.
    static func isPart(_ part: some StringProtocol) -> Bool {
        guard let first = part.utf8.first, isAlphanumeric(first), part.utf8.count <= 128 else { return false }
        return part.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}
