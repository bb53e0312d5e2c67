import Skills

/// One command of the follower's, and why.
package struct FollowerMove: Sendable, Hashable {
    /// For `/bin/sh -e -c`: a block ends where it fails.
    package let command: String
    package let reason: String

    init(_ command: String, reason: String) {
        self.command = command
        self.reason = reason
    }
}

/// What came of it.
package struct Observation: Sendable, Hashable {
    /// As a shell shows it.
    package let status: Int
    package let stdout: String
    package let stderr: String

    package init(status: Int, stdout: String, stderr: String = "") {
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
    }
}

/// A student without a model: does what the skills say that it was given, with values from what it sees.
///
/// A value that says, after each observation, what is done next. It knows the instruction and what its own commands print;
/// the same task and the same skills make the same moves.
package struct Follower: Sendable {
    /// More is no following any more.
    package static let mostMoves = 60
    private static let mostSkills = 12
    private static let mostReferences = 4
    private static let mostHeads = 3
    /// Skills that are followed, one after the other.
    private static let mostFollowed = 3

    private var seen: Surroundings
    private let skillsPath: String?
    private var stage = Stage.begin
    private var moves = 0
    /// What was read of each skill, by its folder: SKILL.md first.
    private var read: [(folder: String, documents: [String])] = []
    private var toRead: [String] = []
    private var queue: [FollowerMove] = []
    private var pursuits: [Pursuit] = []
    private var remark = ""

    private enum Stage {
        case begin, listed, heads, skillList, reading, references, following, repertoire, done
    }

    /// `skillsPath` is the directory that has the skills; nil for an agent that was given none.
    package init(instruction: String, workingDirectory: String, skillsPath: String?) {
        seen = Surroundings(instruction: instruction, workingDirectory: workingDirectory)
        self.skillsPath = skillsPath
    }

    /// What is done next; nil is the end.
    ///
    /// `observation` is what came of the last move.
    package mutating func next(after observation: Observation?) -> FollowerMove? {
        guard moves < Self.mostMoves else { return nil }
        guard let move = decide(observation) else { return nil }
        moves += 1
        defer { remark = "" }
        return remark.isEmpty ? move : FollowerMove(move.command, reason: "\(remark); \(move.reason)")
    }

    /// Each stage takes what the last move showed, and goes on to the next one where it has nothing to do.
    private mutating func decide(_ observation: Observation?) -> FollowerMove? {
        var observation = observation
        while stage != .done {
            if let move = step(observation) { return move }
            // What was observed is taken once.
            observation = nil
        }
        return nil
    }

    private mutating func step(_ observation: Observation?) -> FollowerMove? {
        switch stage {
        case .begin:
            stage = .listed
            let place = ShellWord.quoted(seen.workingDirectory)
            let command = "find \(place) -name .git -prune -o -type f -print | LC_ALL=C sort | head -n 500"
            return FollowerMove(command, reason: "see what is there")
        case .listed:
            seen.files = Self.lines(observation)
            queue = headMoves()
            stage = .heads
        case .heads:
            if let observation, observation.status == 0 { seen.heads.append(observation.stdout) }
            if !queue.isEmpty { return queue.removeFirst() }
            stage = .skillList
            guard let skillsPath else { break }
            let command = "find \(ShellWord.quoted(skillsPath)) -name SKILL.md | LC_ALL=C sort"
            return FollowerMove(command, reason: "see which skills there are")
        case .skillList:
            toRead = skillsPath == nil ? [] : Array(Self.lines(observation).prefix(Self.mostSkills))
            read = toRead.map { (folder: String($0.dropLast(SkillTree.mainFile.count)), documents: []) }
            stage = .reading
            return readNext()
        case .reading:
            take(observation)
            if let move = readNext() { return move }
            choose()
            stage = .references
            return readNext()
        case .references:
            take(observation)
            if let move = readNext() { return move }
            pursuits = read.map {
                Pursuit(
                    Procedure(name: Self.name($0.folder), documents: $0.documents).suited(to: seen.instruction),
                    seen
                )
            }
            queue = read.isEmpty ? Repertoire.moves(seen) : []
            stage = read.isEmpty ? .repertoire : .following
        case .following: return follow(observation)
        case .repertoire:
            if !queue.isEmpty { return queue.removeFirst() }
            stage = .done
        case .done: break
        }
        return nil
    }

    // MARK: Looking

    private func headMoves() -> [FollowerMove] {
        let named = Set(seen.namedPaths)
        let texts: Set<String> = [
            "cfg", "conf", "csv", "env", "ini", "json", "jsonl", "md", "toml", "tsv", "txt", "yaml", "yml",
        ]
        let files = seen.files.filter { named.contains($0) && texts.contains(Surroundings.suffix(of: $0) ?? "") }
        return files.prefix(Self.mostHeads).map {
            FollowerMove("head -n 20 \(ShellWord.quoted($0))", reason: "the instruction names it")
        }
    }

    private mutating func readNext() -> FollowerMove? {
        guard let path = toRead.first else { return nil }
        return FollowerMove("cat \(ShellWord.quoted(path))", reason: "read what the skill says")
    }

    private mutating func take(_ observation: Observation?) {
        guard let observation, !toRead.isEmpty else { return }
        let path = toRead.removeFirst()
        guard observation.status == 0, let place = read.firstIndex(where: { path.hasPrefix($0.folder) }) else { return }
        read[place].documents.append(observation.stdout)
    }

    // MARK: Choosing

    /// Keeps the skills that are for this task, the likeliest first, and asks for what they refer to.
    private mutating func choose() {
        let heads = read.map { skill in try? SkillDocument(Array((skill.documents.first ?? "").utf8)).head }
        let chosen = SkillFit.chosen(from: heads, seen).prefix(Self.mostFollowed)
        let numbers = Set(chosen.map(\.number))
        let others = read.indices.filter { !numbers.contains($0) }.map { Self.name(read[$0].folder) }
        remark =
            (chosen.map {
                "\(Self.name(read[$0.number].folder)) applies: it shares \($0.shared.joined(separator: ", "))"
            }
            + (others.isEmpty ? [] : ["not for this: " + others.joined(separator: ", ")])).joined(separator: "; ")
        read = chosen.map { read[$0.number] }
        toRead = read.flatMap { skill in Self.references(skill.documents.first ?? "").map { skill.folder + $0 } }
    }

    private static func references(_ main: String) -> [String] {
        guard let document = try? SkillDocument(Array(main.utf8)) else { return [] }
        let files = document.links.map(\.destination).filter { $0.hasSuffix(".md") && SkillTree.isSafe(path: $0) }
        return Array(Surroundings.unique(files).prefix(mostReferences))
    }

    /// `csv-clean` of `/skills/csv-clean/`.
    private static func name(_ folder: String) -> String {
        folder.split(separator: "/").last.map(String.init) ?? folder
    }

    private static func lines(_ observation: Observation?) -> [String] {
        (observation?.stdout ?? "").split(separator: "\n").map(String.init)
    }

    // MARK: Following

    private mutating func follow(_ observation: Observation?) -> FollowerMove? {
        guard !pursuits.isEmpty else {
            stage = .done
            return nil
        }
        let move = pursuits[0].next(after: observation)
        remark = ([remark].filter { !$0.isEmpty } + pursuits[0].takeSkipped()).joined(separator: "; ")
        if let move { return move }
        pursuits.removeFirst()
        return nil
    }
}
