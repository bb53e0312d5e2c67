import FoundationEssentials
import Testing
import Wire

/// Verifiers under attack: what is let through is counted, kept and told to distillers, and never learnt from.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct StrengthTests {
    private struct Report: Decodable {
        struct Failure: Decodable {
            var error: WireError
        }
        var tasks: [TaskStrength]
        var failed: [Failure]
    }

    /// A task whose answer is three lines, and a verifier that compares as `check` does.
    private func task(_ check: String, in scratch: Scratch, solution: String? = nil) throws -> String {
        var task = MadeTask(
            name: "attacked",
            verifier: "#!/bin/sh\nif \(check); then echo 1; else echo 0; fi >/logs/verifier/reward.txt\n"
        )
        task.solution =
            solution ?? "#!/bin/sh\nprintf 'one 1\\ntwo 2\\nthree 3\\n' >/app/answer\necho log >/app/own.log\n"
        let directory = try task.write(in: scratch)
        let name = directory.split(separator: "/").last.map(String.init) ?? ""
        try scratch.write(name + "/instruction.md", "Write /app/answer.\n")
        return directory
    }

    private static let exact = "printf 'one 1\\ntwo 2\\nthree 3\\n' | cmp -s - /app/answer"

    @Test func aVerifierThatLooksIsStrongAndOneThatDoesNotIsWeak() async throws {
        let station = try await Station.start()
        let strict = try task(Self.exact, in: station.scratch)
        let lax = try task("grep -q two /app/answer", in: station.scratch)
        let blind = try task("test -e /app/answer", in: station.scratch)
        let (report, status) = try await station.json(
            Report.self,
            ["task", "strength", "--mutations", "6"],
            rest: [strict, lax, blind]
        )
        #expect(status == 0 && report.tasks.count == 3)
        let (strong, weak, none) = (report.tasks[0], report.tasks[1], report.tasks[2])
        #expect(strong.strength == 1 && strong.low > 0.6 && strong.meanReward == 0)
        #expect(Set(strong.kinds.map(\.kind)) == Set(VerifierAttack.Kind.allCases))
        // The file that nobody asked for is told of, and does not count.
        let own = strong.attacks.filter { $0.attack.file == "/app/own.log" }
        #expect(own.count >= 2 && own.allSatisfy { $0.isAccepted && $0.uncounted == .incidentalFile })
        #expect(weak.strength > 0 && weak.strength < 0.9 && weak.meanReward > 0)
        #expect(none.strength == 0 && none.kinds.first { $0.kind == .emptyFiles }?.accepted == 1)

        // What got through can be looked at, and is in one job.
        let through = try #require(weak.attacks.first { $0.attack.kind == .mutatedOracle && $0.isAccepted })
        let detail = try await station.detail(through.trial)
        #expect(detail.configuration.attack == through.attack && detail.summary.job == weak.job)
        #expect(detail.verdict?.outcome == .passed)
        let checked = try await station.json(TaskCheck.Result.self, ["task", "check", "--no-gate"], rest: [lax])
        #expect(checked.value.strength == weak.strength)
        #expect(try await station.control(["task", "check", "--no-gate", strict]).output.contains("strength 1.00"))

        // Nothing is learnt from attacks: they have the solution in them.
        let learnt = try await station.json(SkillDistill.Result.self, ["distill", "--dry-run"]).value
        #expect(learnt.trials == 0 && learnt.proposals.isEmpty)
        #expect(learnt.withheld["a reference solution"] == 3 && learnt.withheld["an attack on the verifier"] ?? 0 > 30)
    }

    @Test func theSameSeedMakesTheSameAttacks() async throws {
        let station = try await Station.start()
        let task = try task("grep -q two /app/answer", in: station.scratch)
        func measured(_ seed: String) async throws -> TaskStrength {
            let arguments = ["task", "strength", "-k", "5", "--seed", seed]
            return try #require(try await station.json(Report.self, arguments, rest: [task]).value.tasks.first)
        }
        let (first, again, other) = (try await measured("4"), try await measured("4"), try await measured("5"))
        #expect(first.attacks.map(\.attack) == again.attacks.map(\.attack) && first.strength == again.strength)
        #expect(first.attacks.map(\.attack) != other.attacks.map(\.attack))
        let client = try RawClient(station.socket)
        let call = #"{"jsonrpc":"2.0","id":1,"method":"task.strength","params":{"digest":"\#(first.digest)"}}"#
        #expect(client.send(line: call))
        let frame = try #require(try client.receiveFrame())
        let kept = try WireJSON.decode(Response<TaskStrengthGet.Result>.self, from: frame).result
        #expect(kept?.strength == other)
    }

    @Test func withoutAnOracleThatPassesThereIsNoScore() async throws {
        let station = try await Station.start()
        let unsolved = try task(Self.exact, in: station.scratch, solution: "#!/bin/sh\necho no >/app/answer\n")
        let slow = try task(Self.exact, in: station.scratch, solution: "#!/bin/sh\nsleep 30\n")
        for (directory, options, reason) in [
            (unsolved, [], "oracleFailed"), (slow, ["--timeout", "1"], "timedOut"),
        ] {
            let (report, status) = try await station.json(
                Report.self,
                ["task", "strength"] + options,
                rest: [directory]
            )
            #expect(status == 1 && report.tasks.isEmpty)
            #expect(report.failed.map(\.error.data.reason) == [reason])
        }
        #expect(try await station.list().allSatisfy { $0.phase.isTerminal })
        let checked = try await station.json(TaskCheck.Result.self, ["task", "check", "--no-gate"], rest: [unsolved])
        #expect(checked.value.strength == nil)
    }
}
