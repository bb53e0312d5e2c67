import FoundationEssentials
import Glibc
import Linux
import Reactor
import Testing
import Wire

/// A daemon of a test's own with a state directory of its own, and the client that talks to it.
final class Station: Sendable {
    let scratch: Scratch
    let state: String
    private let daemon: ChildProcess

    let socket: String

    /// Starts a daemon and returns when it serves.
    ///
    /// `state` is an earlier station's, to go on with what its daemon left; `user` another one than the tests'; `covered`
    /// are files of this host that the daemon sees others in place of.
    static func start(
        state: String? = nil,
        socket: String? = nil,
        mode: [String] = [],
        environment: [String: String] = [:],
        user: uid_t? = nil,
        covered: [String: String] = [:]
    ) async throws -> Station {
        let scratch = try Scratch()
        let state = try state ?? scratch.makeDirectory("state")
        let socket = socket ?? state + "/s"
        try scratch.write("ready", "")
        let ready = open(scratch.path + "/ready", O_WRONLY | O_CLOEXEC)
        defer { close(ready) }
        var command = [Built.executord, "--state", state, "--socket", socket, "--ready-fd", "3"] + mode
        if let user { command = try scratch.command(command, as: user, owning: state) }
        for (file, other) in covered {
            let covering = "mount --bind \"$0\" \"$1\" && shift && exec \"$@\""
            command = ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", covering, other, file] + command
        }
        let program = try await Program.start(
            command[0],
            Array(command.dropFirst()),
            environment: environment,
            descriptors: [(ready, 3)]
        )
        _ = try await eventually(.seconds(30)) { scratch.read("ready")?.hasSuffix("\n") == true }
        let text = scratch.read("ready") ?? ""
        try #require(text.hasPrefix("ready "), "the daemon said '\(text)' and \(program.errors)")
        return Station(scratch: scratch, state: state, socket: socket, daemon: program.child)
    }

    private init(scratch: Scratch, state: String, socket: String, daemon: ChildProcess) {
        self.scratch = scratch
        self.state = state
        self.socket = socket
        self.daemon = daemon
    }

    deinit {
        // Without waiting for trials, but with time to clean up, and before the directory goes.
        try? daemon.send(signal: SIGINT)
        for _ in 0..<5000 where (try? daemon.reap()) == .some(nil) { usleep(2000) }
    }

    var processID: Int32 { daemon.pid }

    func kill() async throws {
        try daemon.send(signal: SIGKILL)
        _ = try await Program.exit(of: daemon)
    }

    /// Sends SIGTERM, as a service manager does, and waits for the end.
    func terminate() async throws -> ExitOutcome {
        try daemon.send(signal: SIGTERM)
        return try await Program.exit(of: daemon)
    }

    /// Ends the daemon as a service manager does; nothing of it is left.
    func stop() async throws {
        _ = try await control(["daemon", "stop"])
        _ = try await Program.exit(of: daemon)
    }

    // MARK: The client

    func control(_ arguments: [String], input: String = "") async throws -> Outcome {
        try await begin(arguments, input: input).end()
    }

    func begin(_ arguments: [String], input: String = "") async throws -> Program {
        try await Program.start(
            Built.executorctl,
            arguments,
            environment: ["EXECUTORD_SOCKET": socket],
            input: input
        )
    }

    /// Runs a client with `--json` and decodes what it prints.
    ///
    /// `rest` is what comes after all options.
    func json<T: Decodable>(
        _ type: T.Type,
        _ arguments: [String],
        rest: [String] = []
    ) async throws -> (value: T, status: Int) {
        let outcome = try await control(arguments + ["--json"] + rest)
        let bytes = Array(outcome.output.utf8)
        do {
            return (try WireJSON.decode(type, from: bytes), outcome.status)
        } catch {
            Issue.record("\(arguments): \(error) in '\(outcome.output.prefix(2000))' \(outcome.errors)")
            throw error
        }
    }

    /// Runs one trial to its end.
    func run(_ task: String, _ options: [String] = []) async throws -> (trial: TrialDetail, status: Int) {
        let (report, status) = try await json(RunReport.self, ["run", task] + options)
        return (try #require(report.trials.first), status)
    }

    /// Runs one trial whose agent issues these shell commands.
    func replay(_ commands: [String], on task: String, _ options: [String] = []) async throws -> (
        trial: TrialDetail, status: Int
    ) {
        struct File: Encodable {
            var actions: [[String: String]]
        }
        let file = try WireJSON.encode(File(actions: commands.map { ["shell": $0] }))
        let name = "replay-\(UInt64.random(in: 0 ... .max)).json"
        let path = try scratch.write(name, String(decoding: file, as: UTF8.self))
        return try await run(task, ["--replay", path] + options)
    }

    /// Submits one trial and returns its name, which is durable then.
    func submit(_ task: String, _ options: [String] = []) async throws -> String {
        struct Report: Decodable {
            var trials: [String]
        }
        return try #require(try await json(Report.self, ["submit", task] + options).value.trials.first)
    }

    func detail(_ trial: String) async throws -> TrialDetail {
        try await json(TrialDetail.self, ["show", trial]).value
    }

    /// Everything that was recorded of a trial.
    func events(of trial: String) async throws -> [TrialEvent] {
        try await control(["watch", trial, "--json"]).output.split(separator: "\n").map {
            try WireJSON.decode(TrialEvent.self, from: Array($0.utf8))
        }
    }

    /// What the daemon remarked on a trial, and what its verifier printed.
    func log(of trial: String) async throws -> [String] {
        let notes = try await events(of: trial).compactMap { event in
            if case .note(let text) = event.body { text } else { nil }
        }
        let printed = FileManager.default.contents(atPath: "\(state)/trials/\(trial)/verifier/test-stdout.txt")
        return notes + (printed.map { [String(decoding: $0, as: UTF8.self)] } ?? [])
    }

    func list() async throws -> [TrialSummary] {
        try await json(TrialList.Result.self, ["list", "--limit", "10000"]).value.trials
    }
}

extension Scratch {
    /// A command that runs a daemon as a user, who may not be able to look where it was built.
    fileprivate func command(_ words: [String], as user: uid_t, owning state: String) throws -> [String] {
        try #require(chmod(path, 0o755) == 0 && chown(state, user, user) == 0)
        for program in [Built.executord, Built.executord + "-init"] {
            let name = program.split(separator: "/").last.map(String.init) ?? ""
            try FileManager.default.copyItem(atPath: program, toPath: "\(path)/\(name)")
        }
        let become = ["/usr/bin/setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--"]
        return become + ["\(path)/executord"] + words.dropFirst()
    }
}

/// What `run --json` prints.
struct RunReport: Decodable {
    struct Refusal: Decodable {
        var task: String?
    }
    var job: String?
    var trials: [TrialDetail]
    var refused: [Refusal]
}

extension Program {
    static func exit(of child: ChildProcess) async throws -> ExitOutcome {
        try await child.exit(on: reactor.get())
    }
}

/// A task made for one test; everything but the verifier has a default.
struct MadeTask {
    var name = "made"
    var verifier: String
    var solution = "#!/bin/sh\necho yes > /app/answer\n"
    var agentSeconds = 60.0
    var verifierSeconds = 60.0
    var network = "no-network"
    var image = "docker_image = \"debian:bookworm\""
    var verifierMode: String?
    var dockerfile: String?
    var storageMiB = 100
    /// At the top of task.toml.
    var head = ""
    var extra = ""

    /// Writes the task's directory below a scratch directory; returns its path.
    func write(in scratch: Scratch) throws -> String {
        let directory = "\(name)-\(UInt32.random(in: 0 ... .max))"
        try scratch.write(
            directory + "/task.toml",
            """
            schema_version = "1.4"
            \(head)
            [task]
            name = "tests/\(name)"
            [agent]
            timeout_sec = \(agentSeconds)
            [verifier]
            timeout_sec = \(verifierSeconds)
            \(verifierMode.map { "environment_mode = \"\($0)\"" } ?? "")
            [environment]
            \(image)
            network_mode = "\(network)"
            workdir = "/app"
            memory_mb = 512
            storage_mb = \(storageMiB)
            \(extra)
            """
        )
        try scratch.write(directory + "/instruction.md", "Write yes into /app/answer.\n")
        try scratch.write(directory + "/tests/test.sh", verifier, mode: 0o755)
        try scratch.write(directory + "/solution/solve.sh", solution, mode: 0o755)
        if let dockerfile { try scratch.write(directory + "/environment/Dockerfile", dockerfile) }
        return scratch.path + "/" + directory
    }
}
