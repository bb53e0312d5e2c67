import CommandLineKit
import Glibc
import Testing
import Wire

@testable import ctl

/// What people see of jobs, and what scripts get as status.
struct JobRenderingTests {
    private func job(_ progress: JobProgress, state: JobState = .running) -> JobSummary {
        JobSummary(
            job: "nightly",
            id: "u",
            state: state,
            agent: "oracle",
            tasks: 2,
            attempts: 3,
            concurrency: 2,
            createdAt: Timestamp(milliseconds: 0),
            endedAt: nil,
            progress: progress
        )
    }

    /// What a view prints for these states, one second apart.
    private func shown(_ states: [JobProgress], isTerminal: Bool) throws -> String {
        var ends: [CInt] = [-1, -1]
        try #require(pipe(&ends) == 0)
        var view = JobProgressView(
            terminal: Terminal(descriptor: ends[1], isTerminal: isTerminal, hasColours: false)
        )
        let begin = ContinuousClock.now
        for (second, progress) in states.enumerated() { view.show(job(progress), now: begin + .seconds(second)) }
        view.end()
        close(ends[1])
        defer { close(ends[0]) }
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = read(ends[0], &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    private var states: [JobProgress] {
        (0...6).map { ended in
            JobProgress(
                total: 6,
                queued: max(0, 5 - ended),
                running: ended < 6 ? 1 : 0,
                passed: ended,
                meanReward: ended == 0 ? nil : 1,
                secondsLeft: Double(6 - ended)
            )
        }
    }

    @Test func filesGetFewWholeLines() throws {
        let lines = try shown(states, isTerminal: false).split(separator: "\n")
        #expect(
            lines == [
                "nightly: 6 trials",
                "1/6  mean 1  1 passed, 0 failed, 0 unverifiable  1 running  5.00 s left",
                "6/6  mean 1  6 passed, 0 failed, 0 unverifiable",
            ],
            "\(lines)"
        )
    }

    @Test func aTerminalHasOneLineThatChangesAndGoes() throws {
        let text = try shown(states, isTerminal: true)
        #expect(!text.contains("\n"))
        #expect(text.split(separator: "\r").count == 8 && text.hasSuffix("\r\u{1B}[K"))
        #expect(text.contains("[###-----------------] 1/6"))
    }

    @Test func progressNamesWhatIsThere() {
        let progress = JobProgress(
            total: 10,
            queued: 1,
            running: 2,
            passed: 1,
            failed: 2,
            unverifiable: 1,
            errored: 1,
            cancelled: 1,
            interrupted: 1,
            retries: 4,
            meanReward: 1.0 / 3
        )
        #expect(
            JobLines.progress(progress).text
                == "7/10  mean 0.333  1 passed, 2 failed, 1 unverifiable  "
                + "1 errored, 1 cancelled, 1 interrupted, 4 tried again, 2 running"
        )
        #expect(JobLines.progress(JobProgress()).text == "0/0  0 passed, 0 failed, 0 unverifiable")
        #expect(JobProgressView.bar(JobProgress()).hasPrefix("[####"))
    }

    @Test func figuresSayHowTheyWereMade() {
        let statistics = JobStatistics(
            overall: .init(
                trials: 12,
                passed: 8,
                failed: 2,
                unverifiable: 1,
                exceptions: ["AgentTimeoutError": 1, "HealthcheckError": 2],
                mean: 0.8,
                interval: .init(low: 0.49, high: 0.943, method: .wilson),
                passAtK: [.init(k: 1, chance: 0.8, tasks: 2), .init(k: 2, chance: 0.95, tasks: 1)]
            ),
            tasks: [],
            harborMean: 0.667
        )
        let lines = JobLines.figures(statistics).map(\.text)
        #expect(lines.contains { $0.contains("0.8 of 10 judged trials, 95 % interval 0.49 to 0.943 (Wilson)") })
        #expect(lines.contains { $0.contains("pass@2") && $0.contains("0.95 over 1 task") })
        #expect(lines.contains { $0.contains("1 unverifiable") })
        #expect(lines.contains { $0.contains("HealthcheckError 2") })
        #expect(lines.contains { $0.contains("Harbor's") && $0.contains("0.667") })
    }

    @Test(
        "Statuses of design.md 8",
        arguments: [
            (JobProgress(total: 2, passed: 2), 0), (JobProgress(total: 2, passed: 1, failed: 1), 4),
            (JobProgress(total: 3, passed: 1, failed: 1, unverifiable: 1), 5),
            (JobProgress(total: 3, passed: 1, failed: 1, errored: 1), 1),
            (JobProgress(total: 2, passed: 1, cancelled: 1), 1), (JobProgress(total: 2, passed: 1, interrupted: 1), 1),
            (JobProgress(total: 2, queued: 1, passed: 1), 1),
        ] as [(JobProgress, CInt)]
    )
    func statusOfJobs(_ progress: JobProgress, _ status: CInt) {
        #expect(ExitStatus.of(job(progress)) == status)
    }

    @Test func agesOfFiles() throws {
        #expect(try AgeArgument(argument: "36h").seconds == 129_600)
        #expect(try AgeArgument(argument: "7d").seconds == 604_800 && AgeArgument(argument: "0s").seconds == 0)
        for text in ["", "7", "d", "-1d", "7y", "infd", "nand", "1e99d"] {
            #expect(throws: UsageError.self, "\(text)") { try AgeArgument(argument: text) }
        }
    }

    @Test func whatIsRemovedIsSummedUp() {
        func totals(_ dryRun: Bool, _ piles: [StoreCollect.Result.Pile]) -> String {
            GcTable.totals(.init(dryRun: dryRun, piles: piles, items: [])).map(\.text).joined()
        }
        let layers = StoreCollect.Result.Pile(kind: .layer, count: 2, bytes: 3 << 20)
        let blobs = StoreCollect.Result.Pile(kind: .blob, count: 1, bytes: 1 << 20)
        let none = StoreCollect.Result.Pile(kind: .task, count: 0, bytes: 0)
        #expect(
            totals(true, [layers, blobs, none]) == "would remove 2 layers (3.0 MiB), 1 blob (1.0 MiB): 4.0 MiB"
        )
        #expect(totals(false, [blobs]) == "removed 1 blob (1.0 MiB): 1.0 MiB")
        #expect(totals(false, [none]) == "nothing to remove")
    }
}
