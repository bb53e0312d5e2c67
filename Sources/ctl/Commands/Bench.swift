import Client
import CommandLineKit
import Glibc
import Linux
import Wire

/// What `bench` was asked.
struct BenchOptions: SharingOptions {
    var shared = SharedOptions()
    var image: String?
    var count = 50
    var concurrency = 1
    var stages = false
    var command: [String] = []
}

extension Command {
    static let bench = Command(
        "bench",
        "Measures how fast sandboxes are on this host.",
        details: """
            Each runs one command, 'true' when none is named, in a fresh sandbox with the limits of 'exec': from the \
            request until nothing of it is left. Then as many, one at a time, with a sandbox that stands prepared, as after \
            two requests for the same. Compare only what ran on an idle host.
            """,
        values: BenchOptions(),
        parameters: [
            .option("--count", "-n", value: "N", to: \.count, default: "50", "How many sandboxes."),
            .option("--concurrency", "-c", value: "N", to: \.concurrency, default: "1", "How many at a time."),
            .flag("--stages", to: \.stages, "Show where the time goes."),
            .option("--image", "-i", value: "IMAGE", to: \.image, "The image: host (default) or dir:PATH."),
            .trailing("COMMAND", to: \.command, "The program and its arguments."),
        ] + BenchOptions.sharedParameters,
        examples: [
            .init("executorctl bench --stages", "Where the time of a launch goes"),
            .init("executorctl bench -n 200 -c 2 -- python3 -c pass", "Two at a time, another program"),
        ]
    ) { options in
        guard options.count > 0, options.concurrency > 0 else {
            throw UsageError("--count and --concurrency are at least 1")
        }
        let report = try BenchRun(options).run()
        if options.shared.json {
            try options.shared.printJSON(report)
        } else {
            Terminal.output.write(report.table(stages: options.stages).render(for: .output))
            Terminal.output.write(report.sentence + "\n")
        }
        return ExitStatus.done
    }
}

/// Runs the sandboxes, so many at a time, over one connection.
private final class BenchRun {
    private let options: BenchOptions
    private let connection: Connection
    private let null: OwnedDescriptor

    init(_ options: BenchOptions) throws {
        self.options = options
        connection = try options.shared.access.connectPrivately().connection
        null = OwnedDescriptor(adopting: try syscall("open /dev/null") { open("/dev/null", O_RDWR | O_CLOEXEC) })
    }

    func run() throws -> BenchReport {
        // What is made once, such as the image, is no sandbox's.
        _ = try finish(try begin())
        var report = BenchReport(concurrency: options.concurrency)
        let start = ContinuousClock.now
        var waiting: [(begun: ContinuousClock.Instant, call: Connection.Pending<SandboxExec>)] = []
        for number in 0..<options.count {
            if waiting.count == options.concurrency { try report.add(first: &waiting, finish) }
            waiting.append((ContinuousClock.now, try begin(number)))
        }
        while !waiting.isEmpty { try report.add(first: &waiting, finish) }
        report.seconds = (ContinuousClock.now - start) / .seconds(1)
        try measurePrepared(&report)
        return report
    }

    /// None where the daemon prepares none for such an image.
    private func measurePrepared(_ report: inout BenchReport) throws {
        for _ in 0..<2 { _ = try finish(try begin()) }
        for _ in 0..<options.count {
            guard try waitForPrepared() else { return }
            let begun = ContinuousClock.now
            let stages = try finish(try begin())
            report.add(prepared: ContinuousClock.now - begun, stages)
        }
    }

    /// Until some stand and no more are being made, which would be in the way of what is measured.
    private func waitForPrepared() throws -> Bool {
        let end = ContinuousClock.now + .seconds(5)
        var before = 0
        while ContinuousClock.now < end {
            let count = try connection.call(DaemonStatus.self, Empty()).prepared ?? 0
            if count > 0, count == before { return true }
            before = count
            usleep(50_000)
        }
        return false
    }

    /// A number makes it one that was never asked for, and is not prepared: its layer has as many files more.
    private func begin(_ number: Int? = nil) throws -> Connection.Pending<SandboxExec> {
        let command = options.command.isEmpty ? ["true"] : options.command
        var params = SandboxExec.Params(argv: command, image: options.image)
        if let number { params.limits.inodes = 32768 + number }
        return try connection.begin(SandboxExec.self, params, descriptors: [null.raw, null.raw, null.raw])
    }

    private func finish(_ call: Connection.Pending<SandboxExec>) throws -> [LaunchStage] {
        let result = try connection.finish(call)
        guard result.exit == .exited(code: 0) else {
            throw OperationError(
                cause: "the command failed: \(ExitText.word(result.exit).0)",
                remedy: "try it with 'executorctl exec'"
            )
        }
        return result.stages
    }
}
