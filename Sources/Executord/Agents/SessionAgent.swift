import Wire

/// Leaves the choice of actions to whoever holds the session, until that is ended.
struct SessionAgent: Agent {
    let live: LiveSession

    func run(_ session: TrialSession) async throws {
        guard case .submitted(let failure?) = await live.untilEnded() else { return }
        try await session.recorder.exception(
            TrialException(type: failure.type, message: failure.message, occurredAt: .now())
        )
    }
}
