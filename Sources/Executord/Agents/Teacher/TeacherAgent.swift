import Wire

/// A scripted expert: does the solution's steps as actions of its own, with seeded mistakes.
///
/// It knows the solution, so what it does is a demonstration: to be learnt from, never to be compared with.
struct TeacherAgent: Agent {
    let seed: UInt64

    func run(_ session: TrialSession) async throws {
        let script = try await SolutionScript(splitBy: session.quietly)
        let lesson = Lesson(
            SolutionActions(script.commands).commands,
            seed: seed,
            workingDirectory: session.settings.workingDirectory
        )
        for command in lesson.commands {
            try Task.checkCancellation()
            _ = try await session.perform(
                ActionRequest(
                    argv: ["/bin/bash", "-c", command],
                    shell: command,
                    environment: OracleAgent.environment(session)
                )
            )
        }
    }
}
