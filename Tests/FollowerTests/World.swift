@testable import Follower

/// A sandbox of words: which files there are, what they say, and what other commands come to.
struct World {
    var files: [String: String] = [:]
    var skills: [String: String] = [:]
    /// What came of a command; nil is success without output.
    var run: (String) -> Observation? = { _ in nil }

    /// Every command that the follower gives until it stops, with its reasons.
    func moves(_ instruction: String) -> [FollowerMove] {
        var follower = Follower(
            instruction: instruction,
            workingDirectory: "/app",
            skillsPath: skills.isEmpty ? nil : "/skills"
        )
        var moves: [FollowerMove] = []
        var observation: Observation?
        while let move = follower.next(after: observation), moves.count < 200 {
            moves.append(move)
            observation = observe(move.command)
        }
        return moves
    }

    /// What it did beside looking around and reading.
    func work(_ instruction: String) -> [String] {
        moves(instruction).map(\.command).filter {
            !$0.hasPrefix("find ") && !$0.hasPrefix("cat /skills") && !$0.hasPrefix("head ")
        }
    }

    private func observe(_ command: String) -> Observation {
        if let special = run(command) { return special }
        let words = command.split(separator: " ").map(String.init)
        if words.first == "find" {
            let all = words[1] == "/app" ? Array(files.keys) : skills.keys.filter { $0.hasSuffix("SKILL.md") }
            return Observation(status: 0, stdout: all.sorted().map { $0 + "\n" }.joined())
        }
        guard words.first == "cat" || words.first == "head", let path = words.last else {
            return Observation(status: 0, stdout: "")
        }
        guard let text = files[path] ?? skills[path] else {
            return Observation(status: 1, stdout: "", stderr: "\(path): No such file or directory")
        }
        return Observation(status: 0, stdout: text)
    }

    /// A skill's SKILL.md with this body, at its place.
    static func skill(_ name: String, _ description: String, _ body: String) -> [String: String] {
        ["/skills/\(name)/SKILL.md": "---\nname: \(name)\ndescription: \(description)\n---\n\n# \(name)\n\n\(body)\n"]
    }
}
