/// A run as the miner compares it: cleaned actions with their features (steps 1 and 2).
struct MinedRun: Sendable {
    let id: String
    let task: String
    let family: String
    let role: String
    let model: String
    /// The task was solved, and not by a shortcut.
    let succeeded: Bool
    let actions: [MinedAction]
    let source: DistillRequest.Trajectory

    /// Nil for runs that the infrastructure ended: they say nothing about the task.
    init?(_ trajectory: DistillRequest.Trajectory) {
        guard trajectory.evidence.verdict != .infra else { return nil }
        id = trajectory.id
        task = trajectory.task.id
        family = trajectory.task.family
        role = trajectory.task.role
        model = trajectory.agent.model
        let isShortcut = trajectory.evidence.outcome.map { $0 != .pass } ?? false
        succeeded = trajectory.evidence.verdict == .pass && !isShortcut
        source = trajectory
        let all = trajectory.actions.enumerated().map { MinedAction($1, run: trajectory.id, position: $0) }
        actions = Self.withoutRepetitions(all)
    }

    /// Drops what was only looked at, and looked the same before.
    private static func withoutRepetitions(_ actions: [MinedAction]) -> [MinedAction] {
        var seen: Set<[String]> = []
        return actions.filter { action in
            guard !action.isEffectful else { return true }
            let look = action.statements.map(\.text) + [action.outputKey]
            return seen.insert(look).inserted
        }
    }

    /// Features of what did not fail, each once.
    var features: Set<String> { Set(actions.filter { !$0.failed }.flatMap(\.features)) }
}

/// One action of a run.
struct MinedAction: Sendable {
    /// `RUN/ACTION`, as evidence is cited.
    let reference: String
    /// In the run, from 0, with those that cleaning dropped counted.
    let position: Int
    let failed: Bool
    /// It changed files or may have; else it only looked.
    let isEffectful: Bool
    let features: [String]
    let heads: [String]
    let statements: [MinedStatement]
    /// Of a failure, or of an error that a pipe hid.
    let signature: ErrorSignature?
    /// Equal for equal outputs.
    let outputKey: String

    init(_ action: DistillRequest.Action, run: String, position: Int) {
        reference = "\(run)/\(action.id)"
        self.position = position
        let outputs = [action.stdout, action.stderr].compactMap { $0 }
        let signature = ErrorSignature(
            stdout: action.stdout.map { $0.head + "\n" + $0.tail } ?? "",
            stderr: action.stderr.map { $0.head + "\n" + $0.tail } ?? ""
        )
        let exitFailed = (action.exit ?? 0) != 0 || action.signal != nil
        // A traceback behind `| tail` is a failure, too; a word of usage is not.
        let isHidden = signature.map { ErrorSignature.hidden.contains($0.kind) } ?? false
        failed = exitFailed || isHidden
        self.signature = failed ? signature : nil
        outputKey = outputs.map { $0.digest ?? $0.head + $0.tail }.joined(separator: "\u{0}")
        let found = ActionFeatures(action)
        features = found.features
        heads = found.heads
        let changes = action.files.map { !($0.created + $0.modified + $0.deleted).isEmpty }
        let mined = CarriedState.statements(found.statements, filesChanged: changes)
        statements = mined
        isEffectful = action.kind == .write || action.kind == .edit || mined.contains(where: \.isEffectful)
    }
}

/// A statement that can be run by itself, with the `cd` and the variables before it.
struct MinedStatement: Sendable, Hashable {
    let text: String
    let shape: String
    let features: [String]
    let heads: [String]
    /// Programs, subcommands and packages: words that are no data.
    let names: Set<String>
    let isEffectful: Bool
    /// The text, or the part in quotes, is program code.
    let holdsCode: Bool
}

extension ErrorSignature {
    /// Kinds that are errors even where the exit status says nothing.
    static let hidden: Set<Kind> = [.externallyManaged, .moduleMissing, .importName, .commandMissing, .packageMissing]
}
