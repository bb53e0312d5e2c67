import CommandLineKit
import Evaluation
import Wire

extension EvaluationProtocol: ArgumentValue {}

/// Who acts in an evaluation, as one word of the command line.
enum EvaluationAgent {
    /// `follower`, `replay:FILE`, `command:PROGRAM ARGUMENTS` or `acp:PROGRAM ARGUMENTS`.
    static func spec(_ text: String) throws -> AgentSpec {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        var options = TrialOptions()
        options.agent = try AgentChoice(argument: parts.first ?? "")
        let rest = parts.count > 1 ? parts[1] : nil
        switch options.agent {
        case .command, .acp:
            guard let rest, rest.contains(where: { $0 != " " }) else {
                throw UsageError("'\(text)' names no program: write \(parts[0]):PROGRAM")
            }
            return AgentSpec(kind: .session, label: text)
        case .replay:
            guard let rest else { throw UsageError("'\(text)' names no file: write replay:FILE") }
            options.replay = rest
        default:
            guard rest == nil else { throw UsageError("'\(text)': nothing follows \(parts[0])") }
        }
        return try options.agentSpec()
    }

    /// The program of an agent that acts from here; nil for those of the daemon.
    static func program(of spec: AgentSpec) -> (any OutsideAgent)? {
        guard spec.kind == .session, let label = spec.label else { return nil }
        let parts = label.split(separator: ":", maxSplits: 1)
        let argv = (parts.last ?? "").split(separator: " ").map(String.init)
        return parts.first == "acp" ? ACPAgent(argv: argv) : CommandAgent(argv: argv)
    }
}
