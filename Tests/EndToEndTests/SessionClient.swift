import Glibc
import Linux
import Tasks
import Testing
import Wire

/// A client that acts in sessions by typed calls, as many at a time as a test wants.
final class SessionClient {
    let raw: RawClient
    private var lastID = 0
    private var replies: [Int: [UInt8]] = [:]
    /// Numbers of the live actions that the daemon said have started.
    private(set) var started: [Int] = []
    private(set) var data: [ActionData.Params] = []

    init(_ station: Station) throws { raw = try RawClient(station.socket) }

    /// A call that may not have been answered yet.
    struct Call<M: Method> {
        fileprivate let id: Int
    }

    /// The daemon has closed the connection.
    struct Closed: Error {}

    func begin<M: Method>(_ method: M.Type, _ params: M.Params, descriptors: [CInt] = []) throws -> Call<M> {
        lastID += 1
        let count = descriptors.isEmpty ? nil : descriptors.count
        let request = Request(id: .number(lastID), method: M.name, params: params, descriptors: count)
        let line = String(decoding: try WireJSON.encode(request), as: UTF8.self)
        guard raw.send(line: line, descriptors: descriptors) else { throw Closed() }
        return Call(id: lastID)
    }

    /// Waits for the answer; what comes before it is kept.
    ///
    /// - Throws: `WireError` when it is one.
    func end<M: Method>(_ call: Call<M>) throws -> M.Result {
        while replies[call.id] == nil { try take() }
        let reply = try WireJSON.decode(Response<M.Result>.self, from: replies.removeValue(forKey: call.id) ?? [])
        if let error = reply.error { throw error }
        return try #require(reply.result, "\(M.name): neither result nor error")
    }

    func call<M: Method>(_ method: M.Type, _ params: M.Params, descriptors: [CInt] = []) throws -> M.Result {
        try end(begin(method, params, descriptors: descriptors))
    }

    /// Whether the answer has come; reads nothing.
    func isAnswered<M: Method>(_ call: Call<M>) -> Bool { replies[call.id] != nil }

    /// Takes one frame: an answer, or news of a live action.
    func take() throws {
        guard let frame = try raw.receiveFrame() else { throw Closed() }
        let envelope = try WireJSON.decode(Envelope.self, from: frame)
        switch (envelope.id, envelope.method) {
        case (.number(let id)?, _): replies[id] = frame
        case (_, ActionStarted.name?):
            started.append(try WireJSON.decode(Request<ActionStarted.Params>.self, from: frame).params.action)
        case (_, ActionData.name?):
            data.append(try WireJSON.decode(Request<ActionData.Params>.self, from: frame).params)
        default: Issue.record("unexpected: \(String(decoding: frame.prefix(300), as: UTF8.self))")
        }
    }

    /// The name of the error that answers a call, with its reason; `-` when none does.
    func refusal<M: Method>(_ method: M.Type, _ params: M.Params, descriptors: [CInt] = []) throws -> String {
        do {
            _ = try call(method, params, descriptors: descriptors)
            return "-"
        } catch let error as WireError {
            return error.data.reason.map { "\(error.data.name) \($0)" } ?? error.data.name
        }
    }

    // MARK: Sessions

    /// Opens a sandbox without a task.
    func openSandbox(inside: Bool = false, change: (inout SandboxRequest) -> Void = { _ in }) throws -> Session {
        var request = SandboxRequest(name: "box", workingDirectory: "/app")
        change(&request)
        let info = try call(SessionOpen.self, .init(sandbox: request, inside: inside ? true : nil))
        return Session(client: self, info: info)
    }

    /// Uploads a task and opens a session of a trial of it.
    func openTask(_ directory: String, inside: Bool = false) throws -> Session {
        let spool = try Scratch()
        let file = open(spool.path + "/task", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(file) }
        try TaskArchive.pack(directory, to: file)
        lseek(file, 0, SEEK_SET)
        // The route takes exactly one: its frames do not say so.
        let task = try call(TaskUpload.self, .init(path: directory), descriptors: [file])
        let configuration = TrialConfiguration(
            taskDigest: task.digest,
            taskName: task.name,
            taskPath: directory,
            agent: AgentSpec(kind: .session, label: "tester")
        )
        let info = try call(
            SessionOpen.self,
            .init(configuration: configuration, inside: inside ? true : nil)
        )
        return Session(client: self, info: info)
    }

    /// Another's session, by its token.
    func join(_ session: Session) -> Session { Session(client: self, info: session.info) }
}

/// A session as one connection sees it.
struct Session {
    let client: SessionClient
    let info: SessionInfo

    var token: String { info.session }

    /// Runs a shell command to its end.
    @discardableResult
    func shell(_ command: String, _ change: (inout ProgramRequest) -> Void = { _ in }) throws -> ActionOutcome {
        try client.call(ActionExec.self, program(command, change))
    }

    func program(_ command: String, _ change: (inout ProgramRequest) -> Void = { _ in }) -> ProgramRequest {
        var request = ProgramRequest(session: token, shell: command)
        change(&request)
        return request
    }

    func start(_ command: String, _ change: (inout ProgramRequest) -> Void = { _ in }) throws -> Int {
        try client.call(ActionStart.self, program(command, change)).action
    }

    func wait(_ action: Int) throws -> ActionOutcome {
        try client.call(ActionWait.self, .init(session: token, action: action))
    }

    func kill(_ action: Int, _ signal: String? = nil) throws {
        _ = try client.call(ActionKill.self, .init(session: token, action: action, signal: signal))
    }

    func type(_ text: String, into action: Int, end: Bool? = nil) throws {
        _ = try client.call(
            ActionInput.self,
            .init(session: token, action: action, content: ByteContent(text), end: end)
        )
    }

    /// What has been printed from `offset` on, once it has `text` in it.
    func output(of action: Int, from offset: Int = 0, until text: String) throws -> String {
        var (bytes, next) = ([UInt8](), offset)
        while true {
            let piece = try client.call(
                ActionOutput.self,
                .init(session: token, action: action, offset: next, wait: true)
            )
            bytes += piece.content.bytes
            let all = String(decoding: bytes, as: UTF8.self)
            if all.contains(text) { return all }
            guard piece.exit == nil, let more = piece.nextOffset else {
                Issue.record("'\(text)' was never printed, but '\(all)'")
                return all
            }
            next = more
        }
    }

    func close() throws -> SessionEnd { try client.call(SessionClose.self, .init(session: token)) }

    func submit(_ failure: SessionSubmit.Failure? = nil) throws -> SessionEnd {
        try client.call(SessionSubmit.self, .init(session: token, exception: failure))
    }
}

extension ActionOutcome {
    var out: String { String(decoding: stdout.content.bytes, as: UTF8.self) }
    var err: String { String(decoding: stderr.content.bytes, as: UTF8.self) }
}

/// A pipe whose ends a test passes on or uses itself.
final class TestPipe {
    private(set) var readEnd: CInt
    private(set) var writeEnd: CInt

    init() throws {
        var pipe = try Pipe()
        readEnd = pipe.readEnd.take()?.release() ?? -1
        writeEnd = pipe.writeEnd.take()?.release() ?? -1
    }

    deinit {
        closeRead()
        closeWrite()
    }

    func closeRead() {
        if readEnd >= 0 { close(readEnd) }
        readEnd = -1
    }

    func closeWrite() {
        if writeEnd >= 0 { close(writeEnd) }
        writeEnd = -1
    }

    /// Writes what fits into a pipe, and ends the stream.
    func fill(_ bytes: [UInt8]) {
        #expect(bytes.withUnsafeBytes { write(writeEnd, $0.baseAddress, $0.count) } == bytes.count)
        closeWrite()
    }

    /// All that comes until the writers are gone.
    func drain() -> [UInt8] {
        closeWrite()
        var (all, chunk) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while true {
            let count = read(readEnd, &chunk, chunk.count)
            guard count > 0 else { return all }
            all += chunk[..<count]
        }
    }
}
