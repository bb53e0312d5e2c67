/// What is done without a skill: read what there is to read, run what there is to run.
enum Repertoire {
    private static let mostTexts = 3

    static func moves(_ seen: Surroundings) -> [FollowerMove] {
        let texts = seen.files.filter(isGuide).prefix(mostTexts)
        return texts.map {
            FollowerMove("cat \(ShellWord.quoted($0))", reason: "no skill applies: a text that may say more")
        }
            + entry(seen)
    }

    private static func isGuide(_ path: String) -> Bool {
        let name = path.split(separator: "/").last?.lowercased() ?? ""
        return name.hasPrefix("readme") || (path.contains("/docs/") && name.hasSuffix(".md"))
    }

    /// The first of the obvious ones.
    private static func entry(_ seen: Surroundings) -> [FollowerMove] {
        for (name, command) in [("run.sh", "sh ./run.sh"), ("Makefile", "make"), ("setup.sh", "sh ./setup.sh")] {
            if seen.files.contains(seen.absolute(name)) {
                return [FollowerMove(command, reason: "no skill applies: an obvious way to begin")]
            }
        }
        return []
    }
}

enum ShellWord {
    /// As one word, whatever is in it.
    static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+@".contains($0)) }
        return isPlain ? text : "'" + text.replacing("'", with: #"'\''"#) + "'"
    }
}
