import Glibc
import Linux
import Reactor
import Tasks
import Trajectory
import Wire

/// `task.*`: receives tasks and runs the admission gate.
struct TaskRoutes: Sendable {
    let trials: TrialService
    let store: Store
    let tasks: TaskLibrary

    var routes: [Route] {
        [
            Route(TaskUpload.self, descriptors: 1...1) { params, caller, passed in
                Answer(try await upload(params, caller, passed))
            },
            Route(TaskCheck.self) { params, caller in try await check(params, caller) },
            Route(TaskAttack.self) { params, caller in
                let connection = caller.connection
                return try await StrengthMeasurement(trials: trials, params: params, owner: caller.user) {
                    connection.attach($0)
                }.run()
            },
            Route(TaskStrengthGet.self) { params, caller in
                TaskStrengthGet.Result(
                    strength: try await store.strength(digest: params.digest, visibleTo: caller.visibleOwner)
                )
            },
        ]
    }

    private func upload(
        _ params: TaskUpload.Params,
        _ caller: Caller,
        _ passed: [SharedDescriptor]
    ) async throws -> TaskUpload.Result {
        guard let source = passed.first?.take() else {
            throw WireError(.invalidParams, "task.upload: pass the read end of a pipe with the frame")
        }
        let raw = source.raw
        let library = tasks
        let name = params.path.split(separator: "/").last.map(String.init) ?? "task"
        let task = try await onOwnThread { try library.receive(from: raw, name: name) }
        try await store.recordTask(
            digest: task.digest.text,
            name: task.definition.name,
            path: params.path,
            warnings: task.warnings.map(\.message),
            owner: caller.user
        )
        return TaskUpload.Result(
            digest: task.digest.text,
            name: task.definition.name,
            warnings: task.warnings.map(\.message),
            templateVariables: task.definition.templateVariables
        )
    }

    /// Validates, then asks the gate: oracle earns full reward, nop earns none.
    private func check(_ params: TaskCheck.Params, _ caller: Caller) async throws -> TaskCheck.Result {
        let task = try tasks.load(params.digest)
        func configuration(_ kind: AgentSpec.Kind) -> TrialConfiguration {
            TrialConfiguration(
                taskDigest: task.digest.text,
                taskName: task.definition.name,
                taskPath: params.path,
                agent: AgentSpec(kind: kind),
                image: params.image,
                allowUnenforced: params.allowUnenforced,
                network: params.network
            )
        }
        var result = TaskCheck.Result(
            name: task.definition.name,
            digest: task.digest.text,
            warnings: task.warnings.map(\.message),
            refusals: trials.refusals(of: task, configuration(.oracle)).map {
                TaskCheck.Refusal(reason: $0.reason, message: $0.message, remedy: $0.remedy)
            },
            oracle: nil,
            nop: nil,
            admitted: false,
            strength: try await store.strength(ofTask: task.digest.text)
        )
        guard params.gate, result.refusals.isEmpty else { return result }
        func run(_ kind: AgentSpec.Kind) async throws -> TrialSummary {
            let submission = try await trials.submit(
                TrialSubmit.Params(configuration: configuration(kind), templates: params.templates),
                owner: caller.user
            )
            caller.connection.attach(submission.trial)
            return try await trials.wait(submission.trial)
        }
        async let oracle = run(.oracle)
        async let nop = run(.nop)
        let (solved, idle) = (try await oracle, try await nop)
        result.oracle = solved
        result.nop = idle
        result.admitted = solved.outcome == .passed && idle.outcome == .failed && (idle.reward ?? 1) <= 0
        try await store.recordGate(
            GateResult(oracle: solved, nop: idle, admitted: result.admitted),
            digest: task.digest.text,
            owner: caller.user
        )
        return result
    }
}
