/// The commands that a skill's text shows, as words to be found by.
enum CommandFeatures {
    private static let shells: Set<String> = ["", "sh", "bash", "shell", "console", "zsh"]
    private static let maximumLines = 500

    /// Program and sub-command of each line of its shell code, as `pip install`; each once, in order.
    static func found(in document: SkillDocument) -> [String] {
        var seen: Set<String> = []
        var found: [String] = []
        for block in document.codeBlocks where shells.contains(block.language) {
            for line in block.code.split(whereSeparator: \.isNewline).prefix(maximumLines) {
                guard let feature = feature(of: line), seen.insert(feature).inserted else { continue }
                found.append(feature)
            }
        }
        return found
    }

    private static func feature(of line: Substring) -> String? {
        var words = line.split { $0 == " " || $0 == "\t" }[...]
        if let first = words.first, first == "$" || first == ">" || first == "sudo" { words = words.dropFirst() }
        guard let program = words.first, let letter = program.first, letter.isLetter || letter == "." || letter == "/"
        else {
            return nil
        }
        guard let second = words.dropFirst().first, let start = second.first, start.isLetter else {
            return String(program)
        }
        return "\(program) \(second)"
    }
}
