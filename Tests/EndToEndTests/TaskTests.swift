import FoundationEssentials
import Testing
import Wire

/// `task check` and `task init`, and what is refused before it starts.
@Suite(.serialized)
struct TaskTests {
    @Test func theGateAdmitsWhatItShould() async throws {
        let station = try await Station.start()
        let (good, status) = try await station.json(TaskCheck.Result.self, ["task", "check", Repository.helloWorld])
        #expect(status == 0)
        #expect(good.admitted && good.refusals.isEmpty)
        #expect(good.oracle?.outcome == .passed && good.nop?.outcome == .failed)

        let generous = try MadeTask(verifier: "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n").write(
            in: station.scratch
        )
        let (bad, refused) = try await station.json(TaskCheck.Result.self, ["task", "check", generous])
        #expect(refused == 1)
        #expect(!bad.admitted && bad.nop?.outcome == .passed)

        let impossible = try MadeTask(verifier: TrialTests.answer, solution: "#!/bin/sh\ntrue\n").write(
            in: station.scratch
        )
        #expect(try await station.json(TaskCheck.Result.self, ["task", "check", impossible]).status == 1)
        let valid = try await station.json(TaskCheck.Result.self, ["task", "check", generous, "--no-gate"])
        #expect(valid.status == 0 && valid.value.oracle == nil)
    }

    @Test func aNewTaskIsATask() async throws {
        let station = try await Station.start()
        let place = station.scratch.path + "/fresh-task"
        #expect(try await station.control(["task", "init", place]).status == 0)
        let (result, status) = try await station.json(TaskCheck.Result.self, ["task", "check", place])
        #expect(status == 0)
        #expect(result.admitted)
        #expect(result.warnings == [])
        // Never over somebody's work.
        #expect(try await station.control(["task", "init", place]).status == 1)
    }

    @Test func whatCannotBeHonouredIsRefusedWithARemedy() async throws {
        let station = try await Station.start()
        let tasks = [
            (
                "Dockerfile",
                MadeTask(verifier: TrialTests.answer, image: "", dockerfile: "FROM debian:bookworm\nRUN true\n")
            ),
            ("network", MadeTask(verifier: TrialTests.answer, network: "public")),
            ("gpu", MadeTask(verifier: TrialTests.answer, extra: "gpus = 1")),
        ]
        for (name, made) in tasks {
            let outcome = try await station.control(["run", try made.write(in: station.scratch)])
            #expect(outcome.status == 1, "\(name)")
            let text = outcome.output + outcome.errors
            #expect(text.contains("remedy"), "\(name): \(text)")
            #expect(text.lowercased().contains(name.lowercased()), "\(name): \(text)")
        }
        #expect(try await station.list().isEmpty)
        // The remedy for a network is one.
        let task = try MadeTask(verifier: TrialTests.answer, network: "public").write(in: station.scratch)
        #expect(try await station.run(task, ["--network", "no-network"]).status == 0)
    }

    @Test func brokenTasksAreNamedAndLeaveNothing() async throws {
        let station = try await Station.start()
        let task = try MadeTask(verifier: TrialTests.answer).write(in: station.scratch)
        try "schema_version = 1.4\n[environment\n".write(toFile: task + "/task.toml", atomically: true, encoding: .utf8)
        let broken = try await station.control(["run", task])
        #expect(broken.status == 1)
        #expect(broken.errors.contains("task.toml"))
        #expect(try await station.control(["run", station.scratch.path + "/nothing-here"]).status == 1)
        #expect(try await station.list().isEmpty)
        #expect(try await station.control(["run"]).status == 2)
        let alone = try await Program.start(
            Built.executorctl,
            ["list", "--socket", station.scratch.path + "/no-socket"]
        ).end()
        #expect(alone.status == 3)
    }
}
