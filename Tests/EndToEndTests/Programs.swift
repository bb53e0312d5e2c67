import Glibc
import Linux
import Reactor
import Testing

/// The built programs, which lie beside the test bundle.
enum Built {
    static let executord = path("executord")
    static let executorctl = path("executorctl")

    private static func path(_ name: String) -> String {
        let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
        return bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/"
            + name
    }
}

let reactor: Result<Reactor, SystemError> = Result { () throws(SystemError) in try Reactor.start() }
private let spawner: Result<Spawner, SystemError> = Result { () throws(SystemError) in try Spawner.start() }

/// What a program that has ended left.
struct Outcome: Sendable {
    /// The exit status; 128 and the signal's number for a killed one.
    var status: Int
    var output: String
    var errors: String
}

/// A program that a test started: its outputs go into files, so that it never waits for the test.
struct Program: Sendable {
    let child: ChildProcess
    private let scratch: Scratch

    /// Starts one; `input` is what its standard input has, `descriptors` are more, by their number in the program.
    ///
    /// `talking` are descriptors for its standard input and output in place of files.
    static func start(
        _ path: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        input: String = "",
        talking: (input: CInt, output: CInt)? = nil,
        descriptors: [(source: CInt, target: CInt)] = []
    ) async throws -> Program {
        let scratch = try Scratch()
        try scratch.write("input", input)
        let files = [("input", O_RDONLY), ("output", O_WRONLY | O_CREAT), ("errors", O_WRONLY | O_CREAT)].map {
            open(scratch.path + "/" + $0.0, $0.1 | O_CLOEXEC, 0o600)
        }
        defer { for file in files { close(file) } }
        let all = ["PATH": "/usr/bin:/bin", "HOME": scratch.path, "SWIFT_BACKTRACE": "enable=no"].merging(environment) {
            $1
        }
        let child = try await spawner.get().spawn(
            path,
            arguments: [path] + arguments,
            environment: all.map { "\($0.key)=\($0.value)" },
            descriptors: [
                (talking?.input ?? files[0], 0), (talking?.output ?? files[1], 1), (files[2], 2),
            ] + descriptors
        )
        return Program(child: child, scratch: scratch)
    }

    func end() async throws -> Outcome {
        let status =
            switch try await child.exit(on: reactor.get()) {
            case .exited(let code): Int(code)
            case .signaled(let signal, _): 128 + Int(signal)
            }
        return Outcome(status: status, output: output, errors: scratch.read("errors") ?? "")
    }

    /// What it has printed so far.
    var output: String { scratch.read("output") ?? "" }
    var errors: String { scratch.read("errors") ?? "" }

    func kill(_ signal: CInt = SIGKILL) { try? child.send(signal: signal) }
}

/// Waits until something holds, looking every 20 ms; false when it does not within the time.
func eventually(_ limit: Duration = .seconds(20), _ holds: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await holds() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return try await holds()
}
