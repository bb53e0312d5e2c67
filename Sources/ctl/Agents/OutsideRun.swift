import Client
import CommandLineKit
import FoundationEssentials
import Glibc
import Linux
import Tasks
import Wire

/// Trials whose agent runs here: each in a session of its own, one after the other.
struct OutsideRun {
    let options: TrialOptions
    let agent: any OutsideAgent
    let shared: SharedOptions

    /// The exit status: the worst of all trials.
    func run(_ tasks: [String]) throws -> CInt {
        let daemon = try shared.access.connectOrStart()
        let spec = AgentSpec(kind: .session, label: agent.name)
        var summaries: [TrialSummary] = []
        var refused: [TrialBatch.Refusal] = []
        var job: String?
        for task in tasks {
            do {
                let summary = try trial(of: task, spec, daemon, &job)
                summaries.append(summary)
            } catch ClientError.refused(let error) {
                refused.append(.init(task: task, agent: agent.name, message: error.message, remedy: error.data.remedy))
                Terminal.error.print([Line("\(task): refused: ", .yellow) + Line(error.message)])
                if let remedy = error.data.remedy { Terminal.error.print([Line("  remedy: " + remedy)]) }
            }
        }
        return try BatchReport(hello: daemon.hello, job: job, shared: shared)
            .show(summaries, refused, connection: daemon.connection)
    }

    private func trial(
        of path: String,
        _ spec: AgentSpec,
        _ daemon: DaemonAccess.Session,
        _ job: inout String?
    ) throws -> TrialSummary {
        // The agent's own connection: the session ends with it.
        let acting = try shared.access.connect(toSocket: daemon.socket)
        let task = try TaskUploader(connection: acting.connection).upload(path)
        let session = try acting.connection.call(
            SessionOpen.self,
            .init(
                configuration: try options.configuration(task, path: path, agent: spec, acting.connection),
                templates: TaskUploader.templates(task.templateVariables),
                job: job
            )
        )
        job = session.job
        let end = TrialEnd()
        let (agent, socket) = (agent, acting.socket)
        // From here on the connection is the thread's alone.
        nonisolated(unsafe) let connection = acting.connection
        let thread = try BackgroundThread {
            try Self.act(agent, session, connection, socket, end)
        }
        var view = LiveView()
        defer { view.end() }
        if !shared.json { view.begin(session.trial, task: task.name, agent: agent.name) }
        let summary: TrialSummary
        do {
            summary = try daemon.connection.watch(session.trial) { event in
                if case .phase(.freezing) = event.body { end.stepCame() }
                if !shared.json { view.show(event) }
            }
        } catch {
            // Without a daemon there is nothing to act in: the agent ends, too.
            end.come()
            try? thread.join()
            throw error
        }
        end.come()
        do {
            try thread.join()
        } catch {
            view.end()
            let lines = "\(error)".split(separator: "\n")
            Terminal.error.print(lines.map { Line("  \(agent.name): ", .yellow) + Line(String($0)) })
        }
        return summary
    }

    /// The agent's work and its end, on a thread of its own; of a task with steps, once for each.
    static func act(
        _ agent: any OutsideAgent,
        _ first: SessionInfo,
        _ connection: Connection,
        _ socket: String,
        _ end: TrialEnd
    ) throws {
        var next: SessionInfo? = first
        while let session = next {
            next = try actOnce(agent, session, connection, socket, end)
        }
    }

    /// Returns the session of the next step; nil at the trial's end.
    private static func actOnce(
        _ agent: any OutsideAgent,
        _ session: SessionInfo,
        _ connection: Connection,
        _ socket: String,
        _ end: TrialEnd
    ) throws -> SessionInfo? {
        let report: AgentReport
        do {
            report = try agent.act(
                in: session,
                through: connection,
                socket: socket,
                isOver: AgentEnd(trial: end, step: session.step)
            )
        } catch {
            if !end.hasCome { _ = try? connection.call(SessionClose.self, .init(session: session.session)) }
            throw error
        }
        guard !end.hasCome else { return nil }
        do {
            return try submit(report, session, connection).next
        } catch ClientError.refused(let error)
            where error.data.name == ErrorCode.sessionEnded.name
            || error.data.name == ErrorCode.notFound.name
        {
            // Time was up a moment before the agent was through.
            guard session.step != nil else { return nil }
            return try? connection.call(SessionJoin.self, .init(trial: session.trial))
        }
    }

    private static func submit(
        _ report: AgentReport,
        _ session: SessionInfo,
        _ connection: Connection
    ) throws -> SessionEnd {
        let params = SessionSubmit.Params(session: session.session, exception: report.failure)
        guard !report.files.isEmpty else {
            return try connection.call(SessionSubmit.self, params)
        }
        let tree = try TemporaryTree()
        for (name, bytes) in report.files { try Data(bytes).write(to: URL(filePath: "\(tree.path)/\(name)")) }
        let spool = try tree.makeSpool()
        try TreeArchive.pack(tree.path, to: spool.raw)
        lseek(spool.raw, 0, SEEK_SET)
        return try connection.call(SessionSubmit.self, params, descriptors: [spool.raw])
    }
}
