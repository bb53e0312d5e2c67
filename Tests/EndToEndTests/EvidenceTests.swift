import FoundationEssentials
import Testing
import Wire

/// What the sandbox saw the actions do, in the record, on the terminal and in exports.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct EvidenceTests {
    @Test func whatAnActionDidIsRecordedShownAndExported() async throws {
        let station = try await Station.start()
        let client = try SessionClient(station)
        let session = try client.openSandbox()
        #expect(try session.shell("echo one >file; rm /etc/group; unshare -m true").exit != .exited(code: 0))
        #expect(try session.shell("cat file").out == "one\n")
        #expect(try session.close().summary.phase == .finished)
        let trial = try #require(try await station.list().first).trial

        let events = try await station.control(["watch", trial, "--json"]).output.split(separator: "\n").map {
            try WireJSON.decode(TrialEvent.self, from: Array($0.utf8))
        }
        let evidence = events.compactMap { event in
            if case .action(let record) = event.body { record.evidence } else { nil }
        }
        let files = FileChanges(created: ["/app/file"], deleted: ["/etc/group"])
        let denied = [DeniedCall("unshare", errno: "EPERM", count: 1)]
        #expect(evidence == [ActionEvidence(files: files, denied: denied), ActionEvidence(files: FileChanges())])

        let shown = try await station.control(["watch", trial])
        #expect(
            shown.output.contains("+/app/file -/etc/group\n") && shown.output.contains("refused: unshare (EPERM)\n")
        )

        let place = try station.scratch.makeDirectory("export")
        #expect(try await station.control(["export", trial, place]).status == 0)
        let job = try #require(try FileManager.default.contentsOfDirectory(atPath: place).first)
        let text = try #require(station.scratch.read("export/\(job)/\(trial)/agent/trajectory.json"))
        let steps = try WireJSON.decode(JSONValue.self, from: Array(text.utf8))["steps"]?.list
        let observed = steps?.compactMap { $0["observation"]?["results"]?.list?.first?["extra"]?["evidence"] } ?? []
        #expect(observed.first?["files"]?["created"]?.list == ["/app/file"])
        #expect(observed.first?["denied"]?.list?.first?["call"]?.text == "unshare")
    }
}
