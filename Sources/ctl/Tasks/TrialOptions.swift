import Client
import CommandLineKit
import FoundationEssentials
import Wire

/// Who may be asked to work on a task.
enum AgentChoice: String, CaseIterable, ArgumentValue {
    case oracle, nop, replay
    /// Does what the skills say that it was given, without a model.
    case follower
    /// A scripted expert that knows the solution, with seeded mistakes.
    case teacher
    /// A program of the caller's that acts through the socket in its environment.
    case command
    /// A program of the caller's that speaks the Agent Client Protocol on its standard streams.
    case acp
}

extension VerifierMode: ArgumentValue {}
extension TrialPhase: ArgumentValue {}

extension NetworkKind: ArgumentValue {}

/// What `run` and `submit` have in common.
struct TrialOptions: Sendable {
    var tasks: [String] = []
    var agent: AgentChoice?
    /// The program of `command` and `acp`.
    var program: [String] = []
    var steps = false
    var replay: String?
    var seed: UInt64?
    var image: String?
    var verifierMode = VerifierMode.auto
    var network: NetworkKind?
    var allowUnenforced = false
    var timeoutMultiplier = 1.0
    var skills: [String] = []

    /// The agent that acts from here; nil for those of the daemon.
    func outsideAgent() throws -> (any OutsideAgent)? {
        let isOutside = agent == .command || agent == .acp || (agent == nil && !program.isEmpty)
        guard isOutside else {
            guard program.isEmpty else { throw UsageError("-- PROGRAM is for the agents command and acp") }
            return nil
        }
        guard !program.isEmpty else { throw UsageError("--agent \(agent?.rawValue ?? "") needs -- PROGRAM") }
        guard !steps, replay == nil, seed == nil else {
            throw UsageError("--steps, --seed and --replay are for agents of the daemon's")
        }
        guard timeoutMultiplier > 0 else { throw UsageError("--timeout-multiplier must be above 0") }
        return agent == .acp ? ACPAgent(argv: program) : CommandAgent(argv: program)
    }

    /// What a trial of an uploaded task is asked to be.
    func configuration(
        _ task: TaskUpload.Result,
        path: String,
        agent: AgentSpec,
        _ connection: Connection
    ) throws -> TrialConfiguration {
        TrialConfiguration(
            taskDigest: task.digest,
            taskName: task.name,
            taskPath: FileNames.canonical(path) ?? path,
            agent: agent,
            image: image,
            verifierMode: verifierMode,
            allowUnenforced: allowUnenforced,
            network: network,
            timeoutMultiplier: timeoutMultiplier,
            skills: try SkillGiver(connection: connection).skills(skills, for: task)
        )
    }

    /// The agent with its actions; a replay file that cannot be used is an error with its place.
    func agentSpec() throws -> AgentSpec {
        let kind = agent.flatMap { AgentSpec.Kind(rawValue: $0.rawValue) } ?? (replay == nil ? .oracle : .replay)
        guard kind == .oracle || !steps else { throw UsageError("--steps is for the agent oracle only") }
        guard kind == .teacher || seed == nil else { throw UsageError("--seed is for the agent teacher only") }
        guard timeoutMultiplier > 0 else { throw UsageError("--timeout-multiplier must be above 0") }
        guard kind == .replay else {
            guard replay == nil else { throw UsageError("--replay is for the agent replay only") }
            return AgentSpec(kind: kind, steps: steps, seed: kind == .teacher ? seed ?? 0 : nil)
        }
        guard let replay else { throw UsageError("--agent replay needs --replay FILE") }
        guard let data = FileManager.default.contents(atPath: replay) else {
            throw OperationError(cause: "\(replay): cannot be read", remedy: "name an exported trajectory.json")
        }
        let file: ReplayFile
        do {
            file = try ReplayFile([UInt8](data))
        } catch {
            throw OperationError(cause: "\(replay): \(error)", remedy: error.remedy)
        }
        for sentence in file.skipped { Terminal.error.write("executorctl: \(replay): skipped: \(sentence)\n") }
        return AgentSpec(kind: .replay, actions: file.actions, label: Self.label(of: replay))
    }

    /// `cheat` of `demo/cheat.json`.
    private static func label(of path: String) -> String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return name.hasSuffix(".json") ? String(name.dropLast(5)) : name
    }
}

protocol TrialOptionsHolding: SharingOptions {
    var trial: TrialOptions { get set }
}

extension TrialOptionsHolding {
    static var trialParameters: [Parameter<Self>] {
        [
            .option("--agent", "-a", value: "AGENT", to: \.trial.agent, "Who works on the task; default oracle."),
            .flag("--steps", to: \.trial.steps, "oracle: each top-level command of solve.sh is an action of its own."),
            .option(
                "--seed",
                value: "N",
                to: \.trial.seed,
                "teacher: which mistakes it makes; default 0, and of a job's attempts each has the next one."
            ),
            .option(
                "--replay",
                value: "FILE",
                to: \.trial.replay,
                "Issue the actions of this file: an exported trajectory, or {\"actions\": [...]}."
            ),
            .option("--image", "-i", value: "IMAGE", to: \.trial.image, "The image; default is the task's."),
            .option(
                "--verifier-mode",
                value: "MODE",
                to: \.trial.verifierMode,
                default: "auto",
                "Where the verifier runs."
            ),
            .option(
                "--network",
                value: "NETWORK",
                to: \.trial.network,
                "The most that the task gets, whatever it asks for."
            ),
            .flag(
                "--allow-unenforced",
                to: \.trial.allowUnenforced,
                "Accept limits that this host cannot enforce; the result says which."
            ),
            .option(
                "--timeout-multiplier",
                value: "FACTOR",
                to: \.trial.timeoutMultiplier,
                default: "1",
                "Multiply the agent's and the verifier's timeouts."
            ),
            .repeated(
                "--skill",
                value: "SKILL",
                to: \.trial.skills,
                "Give the agent a skill: a folder with a SKILL.md, NAME or NAME@VERSION of the library, or 'auto' for its choice."
            ),
        ]
    }

    static var taskArgument: Parameter<Self> {
        .arguments("TASK", to: \.trial.tasks, "A task directory, or one that holds tasks at any depth.")
    }
}
