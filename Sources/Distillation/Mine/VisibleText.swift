/// What an agent had seen when it acted: its instruction, its surroundings and the outputs before.
struct VisibleText: Sendable {
    private let beginning: String
    private let outputs: [(position: Int, text: String)]

    init(_ run: DistillRequest.Trajectory) {
        let facts = run.environment.facts.map { "\($0.key) \($0.value.plainText)" }
        beginning = ([run.task.instruction] + run.task.publicChecks + run.environment.tools + facts).joined(
            separator: "\n"
        )
        outputs = run.actions.enumerated().map { position, action in
            let streams = [action.stdout, action.stderr].compactMap { $0 }.flatMap { [$0.head, $0.tail] }
            let files = action.files.map { $0.created + $0.modified + $0.read } ?? []
            return (position, (streams + files).joined(separator: "\n"))
        }
    }

    /// Whether `literal` was to be seen before the action at `position`; the names of files count from their making.
    func shows(_ literal: String, before position: Int) -> Bool {
        if beginning.contains(literal) { return true }
        return outputs.contains { $0.position < position && $0.text.contains(literal) }
    }
}
