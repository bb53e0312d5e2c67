import FoundationEssentials
import Testing
import Wire

/// What `export` writes and what the other verbs print for programs.
@Suite(.serialized)
struct RecordTests {
    @Test func anExportHasWhatHarborReads() async throws {
        let station = try await Station.start()
        let (report, _) = try await station.json(
            RunReport.self,
            ["run", Repository.helloWorld, "--replay", Repository.cheat]
        )
        let job = try #require(report.job)
        let trial = try #require(report.trials.first).summary.trial
        let place = try station.scratch.makeDirectory("export")
        let outcome = try await station.control(["export", job, place])
        #expect(outcome.status == 0, "\(outcome.errors)")
        let directory = try #require(try FileManager.default.contentsOfDirectory(atPath: place).first)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place).count == 1)
        for file in [
            "config.json", "result.json", "lock.json", "\(trial)/config.json", "\(trial)/result.json",
            "\(trial)/lock.json", "\(trial)/agent/trajectory.json", "\(trial)/verifier/reward.json",
            "\(trial)/verifier/test-stdout.txt", "\(trial)/verifier/ctrf.json", "\(trial)/artifacts/manifest.json",
        ] {
            let path = "\(place)/\(directory)/\(file)"
            #expect(FileManager.default.fileExists(atPath: path), "\(file) is missing")
            if file.hasSuffix(".json"), let bytes = FileManager.default.contents(atPath: path) {
                #expect(throws: Never.self, "\(file) is not JSON") {
                    try JSONDecoder().decode(AnyJSON.self, from: bytes)
                }
            }
        }
        // A second export into the same place says so and leaves the first as it is.
        let second = try await station.control(["export", job, place])
        #expect(second.status == 1)
        #expect(second.errors.contains("remedy"))
        let replayed = "\(place)/\(directory)/\(trial)/agent/trajectory.json"
        let (again, status) = try await station.run(Repository.helloWorld, ["--replay", replayed])
        #expect(status == 4)
        #expect(again.summary.actions == report.trials.first?.summary.actions)
    }

    @Test func verbsPrintJSONForPrograms() async throws {
        let station = try await Station.start()
        let trial = try await station.run(Repository.helloWorld, ["--steps"]).trial.summary.trial

        let listed = try await station.json(TrialList.Result.self, ["list"]).value
        #expect(listed.total == 1 && listed.trials.first?.trial == trial)
        #expect(try await station.detail(trial).summary.outcome == .passed)
        // A unique beginning will do.
        #expect(try await station.detail(String(trial.prefix(trial.count - 2))).summary.trial == trial)

        let watched = try await station.control(["watch", trial, "--json"])
        #expect(watched.status == 0)
        let events = try watched.output.split(separator: "\n").map {
            try WireJSON.decode(TrialEvent.self, from: Array($0.utf8))
        }
        #expect(events.map(\.sequence) == Array(1...events.count))
        #expect(
            events.contains { if case .verdict(let verdict) = $0.body { verdict.outcome == .passed } else { false } }
        )
        let late = try await station.control(["watch", trial, "--json", "--from", "3"])
        #expect(late.output.split(separator: "\n").count == events.count - 2)

        struct Log: Decodable {
            var action: Int
            var stream: String
            var text: String?
        }
        let logs = try await station.json([Log].self, ["logs", trial]).value
        #expect(!logs.isEmpty && logs.allSatisfy { $0.stream == "stdout" && $0.text != nil })

        let unknown = try await station.control(["show", "no-such-trial"])
        #expect(unknown.status == 1)
        #expect(unknown.errors.contains("no-such-trial"))
    }
}

/// Any JSON value; only that it is one matters.
private struct AnyJSON: Decodable {
    init(from decoder: any Decoder) throws {
        if let object = try? decoder.singleValueContainer().decode([String: AnyJSON].self) {
            _ = object
        } else if let list = try? decoder.singleValueContainer().decode([AnyJSON].self) {
            _ = list
        }
    }
}
