import CommandLineKit
import Testing
import Wire

@testable import ctl

private let noon = Timestamp(milliseconds: 1_795_000_000_000)

private func record(
    _ exit: ActionExit,
    argv: [String] = ["sh", "-c", "make -j2"],
    stdout: OutputRecord = .init(),
    stderr: OutputRecord = .init()
) -> ActionRecord {
    ActionRecord(
        number: 3,
        phase: .agent,
        request: ActionRequest(argv: argv),
        startedAt: noon,
        exit: exit,
        cost: ActionCost(wallMilliseconds: 120),
        stdout: stdout,
        stderr: stderr
    )
}

private func text(_ body: TrialEvent.Body) -> [String] {
    EventLines.lines(TrialEvent(sequence: 1, at: noon, body: body)).map(\.text)
}

private func verdict(_ outcome: VerdictOutcome, _ evidence: Evidence = Evidence()) -> Verdict {
    Verdict(
        outcome: outcome,
        rewards: outcome == .unverifiable ? [:] : ["reward": outcome == .passed ? 1 : 0],
        exception: outcome == .unverifiable ? "RewardFileNotFoundError" : nil,
        message: "because",
        mode: .isolated,
        tests: [.init(name: "t1", status: .passed), .init(name: "t2", status: .failed, message: "want 3")],
        evidence: evidence
    )
}

struct RenderingTests {
    @Test(
        "One line says what ran, how it ended and how long it took",
        arguments: [
            (.exited(code: 0), "    3  ok       0.12 s  sh -c 'make -j2'"),
            (.exited(code: 2), "    3  exit 2   0.12 s  sh -c 'make -j2'"),
            (.signaled(signal: 11), "    3  SIGSEGV  0.12 s  sh -c 'make -j2'"),
            (.signaled(signal: 40), "    3  sig 40   0.12 s  sh -c 'make -j2'"),
            (.limit(.wallClock), "    3  timeout  0.12 s  sh -c 'make -j2'"),
            (.cancelled, "    3  cancel   0.12 s  sh -c 'make -j2'"),
            (.running, "    3  started  0.12 s  sh -c 'make -j2'"),
            (.notStarted(reason: "no such file", errno: 2), "    3  not run  0.12 s  sh -c 'make -j2'"),
        ] as [(ActionExit, String)]
    )
    func actionLine(_ exit: ActionExit, _ expected: String) {
        #expect(text(.action(record(exit))).first == expected)
    }

    @Test func everyLimitFitsItsColumnAndIsNamed() {
        for kind in LimitKind.allCases {
            let lines = text(.action(record(.limit(kind))))
            #expect(ExitText.word(.limit(kind)).0.count <= 7)
            #expect(lines.count == 2 && lines[1].contains("limit"), "\(kind)")
        }
    }

    @Test func failedActionShowsTheEndOfItsErrors() {
        let many = (1...9).map { "line \($0)\n" }.joined()
        let lines = text(
            .action(record(.exited(code: 1), stderr: .init(totalBytes: 90, omittedBytes: 0, head: many)))
        )
        #expect(lines.count == 8)
        #expect(lines[1] == "         …" && lines[2] == "         line 4" && lines[7] == "         line 9")
        let tail = OutputRecord(totalBytes: 9000, omittedBytes: 8000, head: "begin", tail: "end\u{1B}[2J")
        #expect(
            text(.action(record(.exited(code: 1), stderr: tail))).suffix(2) == ["         …", "         end\\x1b[2J"]
        )
        let out = OutputRecord(totalBytes: 3, head: "why")
        #expect(text(.action(record(.exited(code: 1), stdout: out))).last == "         why")
        #expect(text(.action(record(.exited(code: 0), stderr: tail))).count == 1)
        let long = OutputRecord(totalBytes: 5000, head: "begin", blob: "0")
        #expect(
            text(.action(record(.exited(code: 1), stderr: long))).last
                == "         … 4.9 KiB in all: 'executorctl logs --action 3'"
        )
    }

    @Test func commandOfAnAgentCannotSteerTheTerminal() {
        let line = text(.action(record(.exited(code: 0), argv: ["echo", "a\u{1B}[2J\nb"]))).first
        #expect(line?.hasSuffix(#"echo 'a\x1b[2J\nb'"#) == true)
    }

    @Test func onlyLinesOfActionsAreCutToTheTerminal() {
        let words = ["echo", String(repeating: "x", count: 100)]
        let line = EventLines.action(record(.exited(code: 0), argv: words))[0]
        let cut = line.render(width: 40) { text, _ in text }
        #expect(Layout.columns(cut) == 40 && cut.hasSuffix("x…"))
        #expect(line.render(width: 10) { text, _ in text }.hasPrefix("    3  ok"))
        let note = Line("note: " + String(repeating: "x", count: 100))
        let terminal = Terminal(descriptor: -1, isTerminal: true, hasColours: false)
        #expect(note.render(for: terminal) == note.text)
    }

    @Test func actionOfSeveralLinesIsShownByItsFirst() {
        let script = "\npython3 - <<'END'\nimport os\n\nEND\n"
        let line = "    3  ok       0.12 s  python3 - <<'END' … 2 more lines"
        #expect(text(.action(record(.exited(code: 0), argv: ["/bin/sh", "-c", script]))) == [line])
        #expect(
            text(.action(record(.exited(code: 0), argv: ["/bin/sh", "-c", "it's\n"]))).first?.hasSuffix("  it's")
                == true
        )
        let running = TrialEvent(sequence: 1, at: noon, body: .actionStarted(number: 3, phase: .agent, command: script))
        #expect(EventLines.running(running)?.text.hasSuffix("<<'END' … 2 more lines") == true)
    }

    @Test func quotingIsThatOfAShell() {
        #expect(CommandText.quoted(["a", "", "b c", "it's", "x=1"]) == #"a '' 'b c' 'it'\''s' x=1"#)
    }

    @Test func phasesNotesAndExceptions() {
        #expect(text(.phase(.verifying)) == ["  verifier"])
        #expect(text(.phase(.finished)).isEmpty)
        #expect(text(.note("disk is small")) == ["  note: disk is small"])
        #expect(text(.actionStarted(number: 1, phase: .agent, command: "x")).isEmpty)
        let exception = TrialException(type: "AgentTimeoutError", message: "slow", remedy: "wait", occurredAt: noon)
        #expect(text(.exception(exception)) == ["  AgentTimeoutError: slow", "    remedy: wait"])
        let running = TrialEvent(sequence: 1, at: noon, body: .actionStarted(number: 1, phase: .agent, command: "a\nb"))
        #expect(EventLines.running(running)?.text.hasSuffix("a … 1 more line") == true)
    }

    @Test func failedVerdictListsTestsAndEvidence() {
        let evidence = Evidence(
            processesKilled: 2,
            survivors: 0,
            listeningPorts: [8080],
            changedOutside: [.init(path: "/usr/bin/python3", kind: .file), .init(path: "/etc/x", kind: .deleted)],
            changedOutsideTotal: 5,
            suspicious: ["wrote /logs/verifier/reward.txt"],
            unenforcedLimits: ["disk"]
        )
        #expect(
            text(.verdict(verdict(.failed, evidence))) == [
                "  failed  reward 0, 1 of 2 tests passed, verified isolated", "    because",
                "    test failed: t2: want 3", "    evidence: agent left 2 processes: killed",
                "    evidence: agent left something listening on port 8080",
                "    evidence: suspicious: wrote /logs/verifier/reward.txt",
                "    evidence: changed outside the working directory: /usr/bin/python3, /etc/x (deleted) and 3 more",
                "    evidence: not enforced on this host: disk",
            ]
        )
    }

    @Test func passedVerdictStillShowsWhatMatters() {
        let quiet = Evidence(changedOutside: [.init(path: "/tmp/x", kind: .file)], changedOutsideTotal: 1)
        #expect(VerdictLines.evidence(quiet, isPassed: true).isEmpty)
        let loud = Evidence(suspicious: ["replaced /usr/bin/python3"], unenforcedLimits: ["memory"])
        #expect(VerdictLines.evidence(loud, isPassed: true).count == 2)
    }

    @Test func unverifiableVerdictNamesItsException() {
        #expect(text(.verdict(verdict(.unverifiable)))[1] == "    RewardFileNotFoundError: because")
    }

    @Test func tableOfResults() {
        let trial = TrialSummary(
            trial: "hello__1",
            task: "hello",
            agent: "cheat",
            phase: .finished,
            outcome: .failed,
            reward: 0,
            actions: 4,
            submittedAt: noon,
            startedAt: noon,
            finishedAt: Timestamp(milliseconds: noon.milliseconds + 2500)
        )
        let refusal = TrialBatch.Refusal(task: "tasks/gpu", agent: "cheat", message: "needs a GPU")
        let plain = Terminal(descriptor: -1, isTerminal: false, hasColours: false)
        #expect(
            TrialTable.results([trial], refused: [refusal]).render(for: plain) == """
                TASK       AGENT  VERDICT  REWARD  ACTIONS    TIME
                hello      cheat  failed        0        4  2.50 s
                tasks/gpu  cheat  refused       -        -       -

                """
        )
        var errored = trial
        errored.outcome = nil
        errored.phase = .errored
        errored.exception = "EnvironmentStartTimeoutError"
        #expect(TrialTable.verdict(errored).text == "EnvironmentStartTimeoutError")
    }

    @Test func detailHasTheGroundsOfTheVerdict() {
        let summary = TrialSummary(trial: "hello__1", task: "hello", agent: "nop", phase: .finished, submittedAt: noon)
        let configuration = TrialConfiguration(
            taskDigest: "sha256:0",
            taskName: "hello",
            taskPath: "/t",
            agent: AgentSpec(kind: .nop)
        )
        let detail = TrialDetail(
            summary: summary,
            configuration: configuration,
            verdict: verdict(.failed),
            exception: nil,
            phases: [.init(phase: .agent, startedAt: noon, finishedAt: noon)],
            hasFrozenLayer: true
        )
        let lines = DetailLines.lines(detail).map(\.text)
        #expect(lines.first == "hello__1")
        #expect(lines.contains("  agent      0.00 s"))
        #expect(lines.contains("    test failed: t2: want 3"))
    }

    @Test func doctorShowsCostAndRemedy() {
        let findings = [
            DaemonDoctor.Finding(name: "userns", status: "found", detail: "yes", cost: nil, remedy: nil),
            DaemonDoctor.Finding(
                name: "cgroup",
                status: "missing",
                detail: "no",
                cost: "no limits",
                remedy: "mount it"
            ),
        ]
        #expect(
            FindingLines.lines(findings).map(\.text) == [
                "found     userns  yes", "missing   cgroup  no", "          costs: no limits",
                "          mend:  mount it", "1 found, 0 degraded, 1 missing",
            ]
        )
    }

    @Test func verificationThatDisagreesIsUnverifiable() {
        var result = TrialVerify.Result(
            trial: "x",
            original: verdict(.passed),
            runs: [verdict(.failed)],
            deterministic: false,
            disagreements: ["run 1: reward 0 instead of 1"]
        )
        #expect(VerificationText.status(result) == 5)
        #expect(VerificationText.conclusion(result).map(\.text).last == "  run 1: reward 0 instead of 1")
        result.deterministic = true
        #expect(VerificationText.status(result) == 0)
    }

    @Test func taskCheckNeedsBothHalvesOfTheGate() {
        let oracle = TrialSummary(
            trial: "o",
            task: "t",
            agent: "oracle",
            phase: .finished,
            outcome: .passed,
            reward: 1,
            submittedAt: noon
        )
        var nop = oracle
        nop.trial = "n"
        let result = TaskCheck.Result(
            name: "t",
            digest: "sha256:0",
            warnings: ["odd"],
            refusals: [],
            oracle: oracle,
            nop: nop,
            admitted: false
        )
        #expect(!TaskCheckLines.isGood(result, isGated: true))
        #expect(TaskCheckLines.isGood(result, isGated: false))
        let lines = TaskCheckLines.lines(result, isGated: true).map(\.text)
        #expect(lines.contains("  oracle  passed  reward 1"))
        #expect(lines.contains("  nop     passed  reward 1  (must fail; see 'executorctl show n')"))
        #expect(lines.last == "  not admitted")
    }

    @Test(
        "Figures",
        arguments: [
            (Figures.duration(seconds: 0), "0.00 s"), (Figures.duration(seconds: 9.996), "10.0 s"),
            (Figures.duration(seconds: 59.96), "1 min 00 s"), (Figures.duration(seconds: 185), "3 min 05 s"),
            (Figures.duration(seconds: 7620), "2 h 07 min"), (Figures.duration(seconds: -1), "?"),
            (Figures.bytes(512), "512 B"), (Figures.bytes(1536), "1.5 KiB"), (Figures.bytes(3 << 30), "3.0 GiB"),
            (Figures.reward(1), "1"), (Figures.reward(1.0 / 3), "0.333"), (Figures.reward(-0.5), "-0.5"),
            (Figures.reward(nil), "-"), (Figures.reward(1e300), "1e+300"),
            (Figures.moment(noon), "2026-11-18 11:06:40"),
        ]
    )
    func figures(_ text: String, _ expected: String) {
        #expect(text == expected)
    }
}
