/// What the follower has seen of its task: the instruction, the files that are there, the beginnings of those it names.
package struct Surroundings: Sendable {
    package let instruction: String
    package let workingDirectory: String
    /// Absolute paths of files.
    package var files: [String] = []
    /// Beginnings of files that the instruction names.
    package var heads: [String] = []

    package init(instruction: String, workingDirectory: String) {
        self.instruction = instruction
        self.workingDirectory = workingDirectory
    }

    /// What stands in backquotes in the instruction.
    var quoted: [String] {
        let pieces = instruction.split(separator: "`", omittingEmptySubsequences: false)
        return stride(from: 1, to: pieces.count, by: 2).map { String(pieces[$0]) }.filter { !$0.contains("\n") }
    }

    /// Words of the instruction that could be values: what is in backquotes first, then all; each once.
    var terms: [String] { Self.unique(quoted + Self.words(instruction)) }

    /// Paths that the instruction names, there or not, absolute.
    var namedPaths: [String] {
        let paths = terms.filter { $0.contains("/") || Self.suffix(of: $0) != nil }.map(absolute)
        return Self.unique(paths.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 })
    }

    /// Those that are not there: what is to be made.
    var madePaths: [String] {
        namedPaths.filter { path in !files.contains { $0 == path || $0.hasPrefix(path + "/") } }
    }

    /// Directories that the instruction names or has something in, then those of files, absolute; the working directory last.
    var directories: [String] {
        let named = namedPaths.filter { Self.suffix(of: $0) == nil }
        let holding = (namedPaths + files).map { path in String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) }
        return Self.unique((named + holding).filter { $0 != workingDirectory && !$0.isEmpty }) + [workingDirectory]
    }

    /// Everything that could be a value: what the instruction says, what files and directories are called, what files say.
    var pool: [String] {
        let parts = (files + namedPaths).flatMap { $0.split(separator: "/").map(String.init) }
        let stems = parts.compactMap { part in Self.suffix(of: part).map { String(part.dropLast($0.count + 1)) } }
        let words = heads.flatMap(Self.words)
        return Self.unique(terms + files.map(relative) + files + directories + parts + stems + words)
    }

    /// Whether files have such an ending, or are to have it.
    func hasSuffix(_ suffix: String) -> Bool { (files + namedPaths).contains { Self.suffix(of: $0) == suffix } }

    func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        return workingDirectory + (workingDirectory.hasSuffix("/") ? "" : "/") + path
    }

    /// As seen from the working directory; else as it is.
    func relative(_ path: String) -> String {
        let base = absolute("")
        return path.hasPrefix(base) ? String(path.dropFirst(base.count)) : path
    }

    /// `db` of `outbox.db`.
    static func suffix(of path: String) -> String? {
        let name = path.split(separator: "/").last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return nil }
        let suffix = name[name.index(after: dot)...]
        return !suffix.isEmpty && suffix.count <= 8 && suffix.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
            ? String(suffix) : nil
    }

    /// Without the marks around them.
    private static func words(_ text: String) -> [String] {
        text.split { $0.isWhitespace || "`'\"()[]{},;:|=<>".contains($0) }.map { word in
            var word = word
            while let last = word.last, ".!?".contains(last) { word.removeLast() }
            return String(word)
        }
        .filter { !$0.isEmpty }
    }

    static func unique(_ values: [String]) -> [String] {
        var seen: Set<String> = []
        return values.filter { seen.insert($0).inserted }
    }
}
