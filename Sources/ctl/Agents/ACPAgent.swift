import Client
import Glibc
import Linux
import Wire

/// Any agent that speaks the Agent Client Protocol, version 1, on its standard streams.
///
/// We are the client: files and terminals that it asks for are those of the sandbox. See agentclientprotocol.com.
struct ACPAgent: OutsideAgent {
    let argv: [String]

    /// The most that is kept of the conversation and of what it prints on stderr.
    private static let logBytes = 4 << 20

    var name: String { AgentNames.program(argv) }

    func act(
        in session: SessionInfo,
        through connection: Connection,
        socket: String,
        isOver: AgentEnd
    ) throws -> AgentReport {
        // An agent that ends while it is written to shall be an error, not our death.
        signal(SIGPIPE, SIG_IGN)
        var toAgent = try Pipe()
        var fromAgent = try Pipe()
        var errors = try Pipe()
        guard let agentInput = toAgent.readEnd.take(), let agentOutput = fromAgent.writeEnd.take(),
            let agentErrors = errors.writeEnd.take(), let sink = toAgent.writeEnd.take(),
            let source = fromAgent.readEnd.take(), let log = errors.readEnd.take()
        else { throw OperationError(cause: "a pipe without ends") }
        let child = try ChildProgram(
            argv,
            environment: AgentNames.environment(session, socket: socket),
            input: agentInput.raw,
            output: agentOutput.raw,
            error: agentErrors.raw
        )
        _ = consume agentInput
        _ = consume agentOutput
        _ = consume agentErrors
        let conversation = ACPConversation(
            session: session,
            connection: connection,
            channel: LineChannel(source: source.raw, sink: sink.raw),
            limit: Self.logBytes
        )
        var printed = BoundedLog(limit: Self.logBytes)
        var failure: SessionSubmit.Failure?
        do {
            try conversation.run(log: log.raw, printed: &printed, isOver: isOver)
        } catch let error as ACPFailure {
            failure = SessionSubmit.Failure(type: "NonZeroAgentExitCodeError", message: "\(name): \(error)")
        } catch {
            _ = child.stop()
            throw error
        }
        _ = consume sink  // its input ends: it may leave by itself
        _ = child.stop()
        return AgentReport(
            files: ["acp-events.jsonl": conversation.events.bytes, "acp.stderr": printed.bytes],
            failure: failure
        )
    }
}

/// What went wrong on the agent's side of the protocol.
struct ACPFailure: Error, CustomStringConvertible {
    let description: String
}
