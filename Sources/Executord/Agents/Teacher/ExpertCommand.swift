/// A command that may be spoilt: its program, and what it would be with a mistake in it.
struct ExpertCommand: Sendable {
    private let text: String
    /// `cd DIR && ` and the like before the program.
    private let lead: Substring
    /// From the program on.
    private let rest: Substring

    init(_ text: String) {
        self.text = text
        var start = text.startIndex
        while text[start...].firstWord == "cd" || text[start...].firstWord.contains("="),
            let mark = text[start...].prefix(while: { $0 != "\n" }).firstRange(of: " && ")
        {
            start = mark.upperBound
        }
        (lead, rest) = (text[..<start], text[start...])
    }

    /// By the last part of its path.
    var program: String {
        String(rest.firstWord.split(separator: "/").last ?? "")
    }

    /// One simple command on one line.
    var isLine: Bool { !rest.contains { "\n;|&<>`$(".contains($0) } }

    var onlyLooks: Bool { Self.looking.contains(program) && !rest.contains(">") && !rest.contains("\n") }

    private static let looking: Set<String> = [
        "cat", "diff", "file", "find", "grep", "head", "ls", "md5sum", "nl", "od", "pwd", "sha256sum", "sort", "stat",
        "tail", "wc",
    ]

    /// With a letter left out of the first path that has room for it.
    var withWrongPath: String? {
        var start = rest.startIndex
        while let slash = rest[start...].firstIndex(of: "/") {
            let path = rest[slash...].prefix { $0.isLetter || $0.isNumber || "/._-".contains($0) }
            let name = path.split(separator: "/").last ?? ""
            let isProgram = slash == rest.startIndex
            // `/app/out`: two parts at least, and a name in which a letter can be missed.
            if !isProgram, path.split(separator: "/").count >= 2, name.count >= 4, path.last != "/" {
                let dropped = path.index(path.endIndex, offsetBy: -(name.count / 2 + 1))
                return lead + String(rest[..<dropped] + rest[rest.index(after: dropped)...])
            }
            start = path.endIndex > slash ? path.endIndex : rest.index(after: slash)
        }
        return nil
    }

    /// With a flag that the program does not have: it says so and does nothing.
    var withWrongFlag: String? {
        guard isLine, Self.strict.contains(program) else { return nil }
        let word = rest.firstWord
        return lead + "\(word) --verbose-all" + rest[word.endIndex...]
    }

    /// Programs that refuse long options that they do not know.
    private static let strict: Set<String> = ["cat", "cp", "head", "ls", "mkdir", "mv", "sort", "tail", "wc"]

    /// `python` for `python3`, which Debian does not have.
    var withOtherInterpreter: String? {
        guard program == "python3" else { return nil }
        return lead + "python" + rest[rest.firstWord.endIndex...]
    }
}
