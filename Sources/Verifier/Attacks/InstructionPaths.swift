/// The files that a task's instruction names, as somebody would find them who reads nothing else.
enum InstructionPaths {
    /// More than these are no answer any more.
    private static let most = 32

    /// Absolute paths, and relative ones, which are below the working directory; directories may be among them.
    static func find(in text: String) -> [String] {
        var found: [String] = []
        for word in text.split(whereSeparator: { $0.isWhitespace || "`\"'()[]<>|,;*=".contains($0) }) {
            let path = word.trimmingEnd(of: ".:!?")
            guard isFile(path), !found.contains(String(path)) else { continue }
            found.append(String(path))
        }
        // What holds another one is a directory.
        let files = found.filter { path in !found.contains { $0.hasPrefix(path + "/") } }
        return Array(files.prefix(most))
    }

    private static func isFile(_ path: Substring) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, !name.isEmpty, path.utf8.allSatisfy(isPlain), !parts.contains("..") else {
            return false
        }
        guard parts.dropFirst().allSatisfy({ !$0.isEmpty }) else { return false }
        if path.hasPrefix("/") { return parts.count > 2 }
        return parts.first?.isEmpty == false && hasExtension(name)
    }

    /// `report.csv`, but not `3.11`, `e.g` or `pip`.
    private static func hasExtension(_ name: Substring) -> Bool {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return false }
        let (stem, suffix) = (name[..<dot], name[name.index(after: dot)...])
        guard let first = suffix.first, first.isLetter, (1...6).contains(suffix.count) else { return false }
        return stem.count > 1 && suffix.allSatisfy { $0.isLetter || $0.isNumber }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "-"), UInt8(ascii: "+"):
            true
        default: false
        }
    }
}

extension Substring {
    fileprivate func trimmingEnd(of characters: String) -> Substring {
        var rest = self
        while let last = rest.last, characters.contains(last) { rest.removeLast() }
        return rest
    }
}
