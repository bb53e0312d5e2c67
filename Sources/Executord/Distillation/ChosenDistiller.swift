import Distillation
import Tasks
import Wire

/// The distiller that a call names, and what it may use up.
struct ChosenDistiller: Sendable {
    let distiller: any Distiller
    let budget: DistillRequest.Budget

    /// Those of this process, by name.
    static let builtIn: [any Distiller] = [MineDistiller(), RawDistiller(), CurateDistiller()]
    /// No distillation is worth more of the host.
    private static let maximumSeconds = 3600.0
    private static let maximumReplays = 10_000
    /// Enough for four runs of six actions, in half a minute where a trial takes half a second.
    private static let usualReplays = 64

    /// `uploaded` is the directory of a program that came with the call.
    ///
    /// - Throws: when there is none of that name, or the program does not say what it is.
    init(_ params: SkillDistill.Params, uploaded: String?, services: TrialServices) async throws {
        if let seconds = params.timeoutSeconds, !(seconds > 0 && seconds <= Self.maximumSeconds) {
            throw WireError(
                .invalidParams,
                "skill.distill: timeoutSeconds is \(seconds)",
                remedy: "above 0, at most \(Int(Self.maximumSeconds))"
            )
        }
        if let replays = params.replays, !(0...Self.maximumReplays).contains(replays) {
            throw WireError(
                .invalidParams,
                "skill.distill: replays is \(replays)",
                remedy: "0 to \(Self.maximumReplays)"
            )
        }
        guard var program = try Self.program(params, uploaded, services) else {
            guard let builtIn = Self.builtIn.first(where: { $0.info.name == params.plugin }) else {
                let names = Self.builtIn.map(\.info.name) + services.distillers.map(\.name)
                throw WireError(
                    .invalidParams,
                    "there is no distiller '\(params.plugin)'",
                    remedy: "one of \(names.joined(separator: ", ")), or exec with a program of yours"
                )
            }
            distiller = builtIn
            var budget = DistillRequest.Budget.usual
            budget.replays = params.replays ?? Self.usualReplays
            self.budget = budget
            return
        }
        guard params.replays == nil else {
            throw WireError(
                .invalidParams,
                "skill.distill: replays is for distillers of the daemon's own, and \(params.plugin) is a program",
                remedy: "leave --replays out"
            )
        }
        program.budget.wallSeconds = params.timeoutSeconds ?? program.budget.wallSeconds
        program.budget.cpuSeconds = params.timeoutSeconds ?? program.budget.cpuSeconds
        budget = program.budget
        distiller = try await ExternalDistiller(program, services: services)
    }

    /// nil for what may be built in.
    private static func program(
        _ params: SkillDistill.Params,
        _ uploaded: String?,
        _ services: TrialServices
    ) throws(WireError) -> DistillerProgram? {
        guard params.plugin == ExternalDistiller.uploadedName else {
            guard uploaded == nil else {
                throw WireError(
                    .invalidParams,
                    "skill.distill: a program came with the call, and '\(params.plugin)' is not it",
                    remedy: "--plugin exec"
                )
            }
            return services.distillers.first { $0.name == params.plugin }
        }
        guard let uploaded, let command = params.command, command.first?.isEmpty == false else {
            throw WireError(
                .invalidParams,
                "the distiller exec is a program of yours, and none came with the call",
                remedy: "--program FILE, or a directory with a program 'distill'"
            )
        }
        return DistillerProgram(name: ExternalDistiller.uploadedName, command: command, directory: uploaded)
    }
}
