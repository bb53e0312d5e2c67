import Statistics
package import Wire

/// The degenerate answers that a verifier is tried with; the same input makes the same ones.
package struct AttackPlan: Sendable {
    /// One answer, as a trial.
    package struct Trial: Sendable, Hashable {
        package var attack: VerifierAttack
        /// The reference solution acts, then `actions` are issued; else they are all that is done.
        package var followsOracle: Bool
        package var actions: [ActionRequest]
    }
    package let trials: [Trial]
    /// Files that the solution wrote, and that the instruction does not tell of.
    package let unnamed: Set<String>

    /// More files than these are not attacked one by one.
    private static let maximumFiles = 12
    /// A word of the shell is at most 128 KiB.
    private static let maximumPaste = 100_000

    /// `files` are what the reference solution wrote; in a task with steps, in the last one, which is `step`.
    package init(instruction: String, files: [AnswerFile], mutations: Int, seed: UInt64, step: String? = nil) {
        let paths = InstructionPaths.find(in: instruction)
        var trials = [Self.own(.null, change: "nothing is done", [])]
        if !paths.isEmpty {
            let shown = paths.count > 3 ? "\(paths.prefix(3).joined(separator: ", "))…" : paths.joined(separator: ", ")
            let paste = String(decoding: instruction.utf8.prefix(Self.maximumPaste), as: UTF8.self)
            trials.append(Self.own(.emptyFiles, change: "empty: \(shown)", [Self.create(paths, "")]))
            trials.append(
                Self.own(.instructionPaste, change: "the instruction in \(shown)", [Self.create(paths, paste)])
            )
        }
        let answers = Self.choose(files, instruction)
        for file in answers {
            func cut(_ change: String, _ argv: [String]) -> Trial {
                let request = ActionRequest(argv: argv, step: step)
                let attack = VerifierAttack(.truncatedOracle, file: file.path, change: change)
                return Trial(attack: attack, followsOracle: true, actions: [request])
            }
            if file.size > 1 {
                trials.append(cut("cut to half", ["truncate", "-s", "\(file.size / 2)", file.path]))
            }
            trials.append(cut("left out", ["rm", "-f", file.path]))
        }
        self.trials = trials + Self.mutations(of: answers, mutations, seed, step)
        unnamed = Set(answers.filter { !$0.isNamed(in: instruction) }.map(\.path))
    }

    /// What the instruction tells of goes first.
    private static func choose(_ files: [AnswerFile], _ instruction: String) -> [AnswerFile] {
        let answers = files.filter { !$0.isScratch }.sorted { $0.path < $1.path }
        let named = answers.filter { $0.isNamed(in: instruction) }
        return Array((named + answers.filter { !named.contains($0) }).prefix(maximumFiles))
    }

    private static func own(
        _ kind: VerifierAttack.Kind,
        change: String,
        _ actions: [ActionRequest]
    ) -> Trial {
        Trial(attack: VerifierAttack(kind, change: change), followsOracle: false, actions: actions)
    }

    /// Makes files where nothing is: an answer does not take away what it works on.
    private static func create(_ paths: [String], _ content: String) -> ActionRequest {
        let script = #"""
            text=$1; shift
            for path; do
                [ -e "$path" ] || { mkdir -p "$(dirname "$path")" && printf %s "$text" >"$path"; }
            done
            """#
        return ActionRequest(argv: ["/bin/sh", "-c", script, "create", content] + paths)
    }

    /// The rules take turns over the files, so that none of either goes without.
    private static func mutations(of files: [AnswerFile], _ count: Int, _ seed: UInt64, _ step: String?) -> [Trial] {
        let texts = files.compactMap { file in
            file.bytes.flatMap { bytes in
                bytes.isEmpty || String(validating: bytes, as: UTF8.self) == nil ? nil : (path: file.path, bytes: bytes)
            }
        }
        guard !texts.isEmpty else { return [] }
        var draws = SplitMix64(seed: seed)
        var trials: [Trial] = []
        let rules = TextMutation.Rule.allCases
        // A short text has fewer different mutations than may be asked for.
        for turn in 0..<(count * rules.count) where trials.count < count {
            let text = texts[turn % texts.count]
            let rule = rules[(turn / texts.count + turn % texts.count) % rules.count]
            guard let mutation = TextMutation(text.bytes, rule, &draws) else { continue }
            let file = FileAction(.write, path: text.path, content: ByteContent(mutation.bytes))
            let trial = Trial(
                attack: VerifierAttack(.mutatedOracle, file: text.path, change: mutation.change),
                followsOracle: true,
                actions: [ActionRequest(argv: [], file: file, step: step)]
            )
            if !trials.contains(where: { $0.actions == trial.actions }) { trials.append(trial) }
        }
        return trials
    }
}
