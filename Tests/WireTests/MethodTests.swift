import Testing

@testable import Wire

/// What one side encodes is what the other decodes, for every method and every notification.
struct MethodTests {
    private static let now = Timestamp(milliseconds: 1_795_237_800_005)
    private static let verdict = Verdict(
        outcome: .failed,
        rewards: ["reward": 0.25, "style": -1],
        exception: "X",
        message: "größe \u{1b} \"quoted\"\n",
        mode: .shared,
        tests: [TestResult(name: "a/b", status: .skipped, durationMilliseconds: 1.5, message: "m")],
        evidence: Evidence(
            processesKilled: 1,
            survivors: 2,
            listeningPorts: [80],
            changedOutside: [ChangedPath(path: "/x\\x0a", kind: .deleted, bytes: nil)],
            changedOutsideTotal: 3,
            changedInside: 4,
            suspicious: ["s"],
            unenforcedLimits: ["memory"]
        )
    )
    private static let action = ActionRecord(
        number: 1,
        phase: .verifying,
        request: ActionRequest(
            argv: ["/bin/sh", "-c", "x"],
            shell: "x",
            cwd: "/",
            environment: ["A": "b=c"],
            user: "root",
            timeoutSeconds: 0.5,
            background: true
        ),
        startedAt: now,
        exit: .notStarted(reason: "r", errno: 2),
        cost: ActionCost(wallMilliseconds: 0.25, cpuMilliseconds: 1, peakMemoryBytes: .max, oomKills: 1),
        stdout: OutputRecord(
            totalBytes: 9,
            omittedBytes: 1,
            headBytes: 4,
            head: "h",
            tail: "t",
            lossy: true,
            blob: "b"
        ),
        stderr: OutputRecord(),
        evidence: ActionEvidence(
            files: FileChanges(created: ["/a"], modified: ["/b"], deleted: ["/c"], unlisted: 1, shared: true),
            denied: [DeniedCall("mount", errno: "EPERM", count: 2)]
        )
    )
    private static let configuration = TrialConfiguration(
        taskDigest: "sha256:00",
        taskName: "a/b",
        taskPath: "/t ä",
        agent: AgentSpec(kind: .replay, steps: true, actions: [action.request], label: "l"),
        image: "host",
        verifierMode: .isolated,
        allowUnenforced: true,
        network: .closed,
        timeoutMultiplier: 1.5
    )
    private static let summary = TrialSummary(
        trial: "b__abc",
        job: "j",
        task: "a/b",
        agent: "replay",
        phase: .finished,
        outcome: .unverifiable,
        reward: 0.5,
        actions: 3,
        submittedAt: now,
        startedAt: now,
        finishedAt: now,
        exception: "E"
    )
    private static let events: [TrialEvent.Body] = [
        .phase(.queued), .actionStarted(number: 1, phase: .agent, command: "ls"), .action(action), .note("n"),
        .verdict(verdict), .exception(TrialException(type: "T", message: "m", remedy: nil, occurredAt: now)),
    ]

    /// Encodes, decodes, encodes again: what is lost on the way shows as a difference.
    private func survives<T: Codable>(_ value: T) throws {
        let first = try WireJSON.encode(value)
        #expect(!first.contains(10), "a frame must be one line")
        let second = try WireJSON.encode(try WireJSON.decode(T.self, from: first))
        #expect(String(decoding: first, as: UTF8.self) == String(decoding: second, as: UTF8.self))
    }

    private func survives<M: Method>(_ method: M.Type, _ params: M.Params, _ result: M.Result) throws {
        try survives(Request(id: .number(1), method: M.name, params: params))
        try survives(Response(id: .text("é"), result: result))
        let envelope = try WireJSON.decode(
            Envelope.self,
            from: try WireJSON.encode(Request(id: .text("x"), method: M.name, params: params))
        )
        #expect(envelope.method == M.name && envelope.id == .text("x") && envelope.jsonrpc == "2.0")
    }

    @Test func daemonMethods() throws {
        try survives(
            DaemonHello.self,
            .init(client: "c"),
            .init(
                protocolVersion: 1,
                version: "v",
                mode: "user",
                processID: 7,
                stateDirectory: "/s",
                maximumFrameBytes: 1 << 20
            )
        )
        try survives(
            DaemonStatus.self,
            Empty(),
            .init(
                uptimeSeconds: 0.1,
                queued: 1,
                running: 2,
                finished: 3,
                sandboxes: 4,
                prepared: 7,
                connections: 5,
                cgroups: "v2",
                identities: "range",
                residentBytes: 6
            )
        )
        try survives(DaemonShutdown.self, .init(drain: true), Empty())
        let finding = DaemonDoctor.Finding(name: "n", status: "found", detail: "d", cost: nil, remedy: "r")
        try survives(DaemonDoctor.self, Empty(), .init(findings: [finding]))
    }

    @Test func taskMethods() throws {
        try survives(
            TaskUpload.self,
            .init(path: "/p"),
            .init(digest: "sha256:0", name: "n", warnings: ["w"], templateVariables: ["V"])
        )
        try survives(
            TaskCheck.self,
            .init(
                digest: "d",
                path: "/p",
                image: nil,
                gate: true,
                allowUnenforced: false,
                network: .closed,
                templates: ["A": "b"]
            ),
            .init(
                name: "n",
                digest: "d",
                warnings: [],
                refusals: [.init(reason: "r", message: "m", remedy: "y")],
                oracle: Self.summary,
                nop: nil,
                admitted: false
            )
        )
    }

    @Test func trialMethods() throws {
        try survives(
            TrialSubmit.self,
            .init(configuration: Self.configuration, templates: ["K": "v"], attached: true, job: "j"),
            .init(trial: "t", job: "j", warnings: ["w"])
        )
        try survives(TrialList.self, .init(limit: 3, phase: .agent, job: "j"), .init(trials: [Self.summary], total: 9))
        let detail = TrialDetail(
            summary: Self.summary,
            configuration: Self.configuration,
            verdict: Self.verdict,
            exception: TrialException(type: "T", message: "m", remedy: "r", occurredAt: Self.now),
            phases: [PhaseSpan(phase: .agent, startedAt: Self.now, finishedAt: nil)],
            hasFrozenLayer: true
        )
        try survives(TrialGet.self, .init(trial: "t"), detail)
        try survives(TrialCancel.self, .init(trial: "t"), Self.summary)
        try survives(TrialWatch.self, .init(trial: "t", from: 4), .init(summary: Self.summary))
        try survives(
            TrialOutput.self,
            .init(trial: "t", action: 1, stream: "stderr", offset: 2),
            .init(text: nil, base64: "AA==", nextOffset: 3)
        )
        try survives(
            TrialVerify.self,
            .init(trial: "t", repeats: 3, templates: ["A": "b"]),
            .init(trial: "t", original: Self.verdict, runs: [Self.verdict], deterministic: false, disagreements: ["d"])
        )
        try survives(
            TrialExport.self,
            .init(trials: ["t"], job: "j", destination: "/d"),
            .init(directory: "j", trials: 1)
        )
        for (index, body) in Self.events.enumerated() {
            let event = TrialEvent(sequence: index + 1, at: Self.now, body: body)
            let params = TrialEventNotification.Params(trial: "t", event: event, summary: Self.summary)
            try survives(Request(id: nil, method: TrialEventNotification.name, params: params))
            #expect(try WireJSON.decode(TrialEvent.self, from: try WireJSON.encode(event)) == event)
        }
    }

    @Test func sandboxMethods() throws {
        var limits = SandboxExec.Limits()
        limits.memoryBytes = 1
        limits.cpus = 0.5
        limits.wallSeconds = 2.25
        try survives(
            SandboxExec.self,
            .init(
                argv: ["a"],
                image: "host",
                work: "/w",
                readOnly: [.init(host: "/h", inside: "/i")],
                environment: ["A": "b"],
                limits: limits,
                profile: "root",
                changes: true,
                allowUnenforced: true
            ),
            .init(
                exit: .limit(.wallClock),
                cost: ActionCost(wallMilliseconds: 1),
                changed: [ChangedPath(path: "x", kind: .symlink)]
            )
        )
    }

    @Test func everyEndOfAnActionSurvives() throws {
        let ends: [ActionExit] =
            [.exited(code: 3), .signaled(signal: 9), .cancelled, .running, .notStarted(reason: "r", errno: 13)]
            + LimitKind.allCases.map { .limit($0) }
        for end in ends { #expect(try WireJSON.decode(ActionExit.self, from: try WireJSON.encode(end)) == end) }
    }

    @Test func errorsCarryNumberNameAndRemedy() throws {
        for code in ErrorCode.allCases {
            let error = WireError(code, "cause", reason: "finer", remedy: "do this")
            let reply = Response<Empty>(id: .number(1), error: error)
            let decoded = try #require(
                try WireJSON.decode(Response<Empty>.self, from: try WireJSON.encode(reply)).error
            )
            #expect(decoded.code == code.rawValue && decoded.data.name == "\(code)")
            #expect(decoded.data.reason == "finer" && decoded.description == "cause\n  remedy: do this")
        }
        #expect(Set(ErrorCode.allCases.map(\.rawValue)).count == ErrorCode.allCases.count)
    }

    @Test(arguments: [
        (#"{"client":7}"#, "client"), ("{}", "client"), (#"{"client":null}"#, "client"), ("[]", "daemon.hello"),
    ])
    func badParamsNameTheKey(params: String, word: String) {
        let error = #expect(throws: (any Error).self) {
            try WireJSON.decode(DaemonHello.Params.self, from: Array(params.utf8))
        }
        guard let error else { return }
        #expect(WireError(badParams: error, method: DaemonHello.name).message.contains(word))
    }
}

struct TimestampTextTests {
    @Test(arguments: ["", "yesterday", "2026-13-01T00:00:00.000Z", "2026-11-21", "1795237800"])
    func refusesWhatIsNoTime(text: String) throws {
        let bytes = try WireJSON.encode([text])
        #expect(throws: DecodingError.self) { try WireJSON.decode([Timestamp].self, from: bytes) }
    }

    @Test func comparesByTime() {
        #expect(Timestamp(milliseconds: -1) < Timestamp(milliseconds: 0))
        #expect(Timestamp(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
    }
}

/// What older records say of networks is still understood, and what requests come to.
struct NetworkWireTests {
    @Test func earlierRecordsSayForceNoNetwork() throws {
        let text =
            #"{"taskDigest":"d","taskName":"n","taskPath":"p","agent":{"kind":"nop","steps":false,"actions":[]},"#
            + #""verifierMode":"auto","allowUnenforced":false,"timeoutMultiplier":1,"forceNoNetwork":"#
        let forced = try WireJSON.decode(TrialConfiguration.self, from: Array((text + "true}").utf8))
        #expect(forced.network == .closed)
        let free = try WireJSON.decode(TrialConfiguration.self, from: Array((text + "false}").utf8))
        #expect(free.network == nil)
    }

    @Test func requestsAddUpByTargetAndDecision() throws {
        func request(_ host: String, _ decision: NetworkRequest.Decision, sent: Int = 1) -> NetworkRequest {
            NetworkRequest(
                phase: .agent,
                startedAt: .now(),
                method: "CONNECT",
                host: host,
                port: 443,
                decision: decision,
                reason: decision == .allowed ? nil : "notListed",
                sentBytes: sent,
                receivedBytes: 2
            )
        }
        let one = request("a.org", .allowed)
        let event = TrialEvent(sequence: 1, at: .now(), body: .network(one))
        let bytes = try WireJSON.encode(event)
        #expect(try WireJSON.decode(TrialEvent.self, from: bytes).body == event.body)
        let targets = [NetworkTarget]([one, request("b.org", .refused), request("a.org", .allowed, sent: 4)])
        #expect(targets.map(\.host) == ["a.org", "b.org"] && targets.map(\.requests) == [2, 1])
        #expect(targets[0].sentBytes == 5 && targets[0].receivedBytes == 4 && targets[1].reason == "notListed")
    }
}

/// Who gets a canary follows from the trial's name alone.
@Suite struct CanaryDrawTests {
    private let canary = SkillGiven(name: "one", digest: "sha256:2", version: 2, share: 0.2)
    private let served = SkillGiven(name: "one", digest: "sha256:1", version: 1)

    @Test func aFifthOfTheTrialsDrawIt() {
        let drawn = (0..<2000).count { canary.isDrawn(by: "trial__\($0)") }
        #expect((330...470).contains(drawn), "\(drawn)")
        #expect(served.isDrawn(by: "any"))
    }

    @Test func itTakesTheServedVersionsPlace() {
        let configuration = TrialConfiguration(
            taskDigest: "sha256:0",
            taskName: "t",
            taskPath: "",
            agent: AgentSpec(kind: .nop),
            skills: [served, canary]
        )
        for number in 0..<100 {
            let own = configuration.drawn(by: "t__\(number)")
            #expect(own.skills == (canary.isDrawn(by: "t__\(number)") ? [canary] : [served]))
            #expect(own.drawn(by: "t__\(number)") == own)
        }
    }
}
