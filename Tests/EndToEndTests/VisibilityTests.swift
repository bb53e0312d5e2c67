import FoundationEssentials
import Glibc
import Testing
import Wire

/// One user's trials are another's secret; needs root to be somebody else.
@Suite(.serialized, .enabled(if: geteuid() == 0, "needs root to run clients as other users"))
struct VisibilityTests {
    /// `nobody`, who is in no group, and the group whose members see all.
    private static let nobody = 65534
    private static let group = "staff"

    private func control(
        _ station: Station,
        _ client: String,
        _ arguments: [String],
        groups: String = "--clear-groups"
    ) async throws -> Outcome {
        try await Program.start(
            "/usr/bin/setpriv",
            ["--reuid=\(Self.nobody)", "--regid=\(Self.nobody)", groups, client] + arguments,
            environment: ["EXECUTORD_SOCKET": station.socket]
        ).end()
    }

    @Test func everybodySeesTheirOwnAndAdministratorsSeeAll() async throws {
        let files = try Scratch()
        try #require(chmod(files.path, 0o755) == 0)
        let settings = try files.write("executord.toml", "administratorGroup = \"\(Self.group)\"\n")
        // Where nobody can reach it, whatever the mode of the directory it was built in.
        let client = files.path + "/executorctl"
        try FileManager.default.copyItem(atPath: Built.executorctl, toPath: client)
        try FileManager.default.copyItem(atPath: Repository.helloWorld, toPath: files.path + "/hello-world")
        let station = try await Station.start(socket: files.path + "/s", mode: ["--config", settings])

        let secret = try await station.run(Repository.helloWorld).trial.summary.trial
        let listed = try await control(station, client, ["list", "--json"])
        #expect(listed.status == 0, "\(listed.errors)")
        #expect(try WireJSON.decode(TrialList.Result.self, from: Array(listed.output.utf8)).total == 0)
        for verb in [
            ["show", secret], ["logs", secret], ["watch", secret], ["verify", secret], ["cancel", secret],
        ] {
            let outcome = try await control(station, client, verb)
            #expect(outcome.status == 1, "\(verb)")
            #expect(outcome.errors.contains("no trial"), "\(verb): \(outcome.errors)")
        }
        #expect(try await control(station, client, ["daemon", "stop"]).status == 1)
        for verb in [["remove", "x"], ["import", settings, "x"]] {
            let outcome = try await control(station, client, ["image"] + verb)
            #expect(outcome.status == 1 && outcome.errors.contains("administrators"), "\(verb): \(outcome.errors)")
        }

        #expect(try await station.control(["job", "run", Repository.helloWorld, "--name", "theirs"]).status == 0)
        for verb in [["show", "theirs"], ["cancel", "theirs"], ["resume", "theirs"], ["export", "theirs", "/tmp"]] {
            let outcome = try await control(station, client, ["job"] + verb)
            #expect(outcome.status == 1 && outcome.errors.contains("no job"), "\(verb): \(outcome.errors)")
        }
        let jobs = try await control(station, client, ["job", "list", "--json"])
        #expect(try WireJSON.decode(JobList.Result.self, from: Array(jobs.output.utf8)).total == 0)
        #expect(try await control(station, client, ["gc", "--dry-run"]).errors.contains("only root"))
        let collects = try await control(station, client, ["gc", "--dry-run"], groups: "--groups=\(Self.group)")
        #expect(collects.status == 0, "\(collects.errors)")

        let own = try await control(station, client, ["run", files.path + "/hello-world", "--json"])
        #expect(own.status == 0, "\(own.errors)")
        #expect(try await station.list().count == 3)
        let mine = try await control(station, client, ["list", "--json"])
        #expect(try WireJSON.decode(TrialList.Result.self, from: Array(mine.output.utf8)).total == 1)

        let administrator = try await control(station, client, ["list", "--json"], groups: "--groups=\(Self.group)")
        #expect(try WireJSON.decode(TrialList.Result.self, from: Array(administrator.output.utf8)).total == 3)
        #expect(try await control(station, client, ["show", secret], groups: "--groups=\(Self.group)").status == 0)
    }

    @Test func withoutAdministratorsNobodyElseGetsIn() async throws {
        let files = try Scratch()
        try #require(chmod(files.path, 0o755) == 0)
        let client = files.path + "/executorctl"
        try FileManager.default.copyItem(atPath: Built.executorctl, toPath: client)
        let station = try await Station.start(socket: files.path + "/s")
        let outcome = try await control(station, client, ["list"])
        #expect(outcome.status == 3)
    }
}
