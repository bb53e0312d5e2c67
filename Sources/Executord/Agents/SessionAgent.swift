import Wire

/// Leaves the choice of actions to whoever holds the session, until that is ended.
struct SessionAgent: Agent {
    let live: LiveSession

    func run(_ session: TrialSession) async throws {
        let ending = await withTaskCancellationHandler {
            await live.ended()
        } onCancel: {
            // Which of the two it was, the trial knows; nobody acts from now on.
            live.end(.cancelled)
        }
        guard case .submitted(let failure) = ending else { return }
        guard let failure else { return }
        try await session.recorder.exception(
            TrialException(type: failure.type, message: failure.message, occurredAt: .now())
        )
    }
}
