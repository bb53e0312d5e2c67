import FoundationEssentials
import Glibc
import Testing
import Wire

/// A verifier that runs apart from what the agent left, and what it is given of it.
@Suite(.serialized)
struct SeparateTests {
    /// Everything that a verifier can find of the agent's, and what must not be there.
    private static let verifier = """
        #!/bin/sh
        reward=1
        must() { "$@" || { echo "not so: $*"; reward=0; }; }
        must [ "$(cat /app/answer)" = yes ]
        must [ "$(cat /app/out/deep/file)" = data ]
        must [ "$(cat /logs/artifacts/collected)" = hidden ]
        must [ "$(cat /srv/moved)" = moved ]
        must [ "$(readlink /app/out/inside)" = deep/file ]
        must [ -x /app/out/run ]
        must [ ! -u /app/out/run ]
        for path in /app/secret /app/out/outside /app/out/fifo /app/out/skip.tmp /app/out/deep/skip.tmp \
            /usr/local/bin/planted /tests/planted /root/kept; do
            must [ ! -e "$path" ]
            must [ ! -L "$path" ]
        done
        must [ -e /app/original ]
        must [ ! -e /app/out/original ]
        echo "$reward" > /logs/verifier/reward.txt
        """

    private static let solution = """
        #!/bin/sh
        cd /app
        echo yes > answer; echo no > secret; echo hidden > hidden; echo moved > /srv/moved
        mkdir -p out/deep; rm -f out/original original
        echo data > out/deep/file; touch out/skip.tmp out/deep/skip.tmp
        ln -s deep/file out/inside; ln -s /tests/test.sh out/outside; mkfifo out/fifo
        cp /bin/true out/run; chmod 4755 out/run
        cp /bin/true /usr/local/bin/planted; mkdir -p /tests; touch /tests/planted /root/kept
        echo 1 > /logs/verifier/reward.txt
        """

    private static let task = MadeTask(
        name: "separate",
        verifier: verifier,
        solution: solution,
        verifierMode: "separate",
        head: """
            artifacts = ["answer", {source = "/app/out", exclude = ["*.tmp"]}, "/app/missing", "/app/out/deep",
                         {source = "/srv/moved", destination = "elsewhere/moved.txt"}, "/tests"]
            """,
        extra: """
            [[verifier.collect]]
            command = "cp /app/hidden /logs/artifacts/collected"
            [[verifier.collect]]
            command = "exit 3"
            """
    )

    private func write(in station: Station) throws -> String {
        let task = try Self.task.write(in: station.scratch)
        let name = String(task.dropFirst(station.scratch.path.count))
        try station.scratch.write(name + "/environment/original", "x\n")
        try station.scratch.write(name + "/environment/out/original", "x\n")
        return task
    }

    @Test func theVerifierSeesTheArtifactsAndNothingElse() async throws {
        let station = try await Station.start()
        let task = try write(in: station)
        let (trial, status) = try await station.run(task)
        let log = try await station.log(of: trial.summary.trial)
        #expect(status == 0, "\(trial.verdict?.message ?? "") \(log)")
        #expect(trial.verdict?.mode == .separate)
        #expect(trial.verdict?.evidence.suspicious.contains { $0.contains("/tests/planted") } == true)
        for note in [
            "artifact /app/out: 2 links that lead outside", "artifact /app/missing is not there",
            "/app/out/deep is skipped: /app/out",
            "'exit 3' ended with exit status 3", "/tests is the verifier's own",
        ] {
            #expect(log.contains { $0.contains(note) }, "'\(note)' is not in \(log)")
        }

        // The layer is kept: the verdict can be repeated, and what was exported is not touched by that.
        let again = try await station.json(TrialVerify.Result.self, ["verify", trial.summary.trial, "--repeat", "2"])
        #expect(again.status == 0 && again.value.deterministic && again.value.runs.allSatisfy { $0.mode == .separate })
        try await checkExport(of: trial.summary, station)

        let idle = try await station.run(task, ["--agent", "nop"])
        #expect(idle.status == 4 && idle.trial.verdict?.mode == .separate)
    }

    private func checkExport(of trial: TrialSummary, _ station: Station) async throws {
        struct Entry: Decodable, Equatable {
            var source: String
            var destination: String
            var type: String
            var status: String
            var exclude: [String]
        }
        let place = try station.scratch.makeDirectory("export")
        #expect(try await station.control(["export", try #require(trial.job), place]).status == 0)
        let job = try #require(try FileManager.default.contentsOfDirectory(atPath: place).first)
        let directory = "export/\(job)/\(trial.trial)"
        let text = try #require(station.scratch.read("\(directory)/artifacts/manifest.json"))
        let manifest = try WireJSON.decode([Entry].self, from: Array(text.utf8))
        func entry(_ source: String, _ type: String, _ status: String, to: String? = nil, _ exclude: [String] = [])
            -> Entry
        {
            Entry(source: source, destination: "artifacts\(to ?? source)", type: type, status: status, exclude: exclude)
        }
        #expect(
            manifest == [
                entry("/logs/artifacts", "directory", "ok"), entry("/app/answer", "file", "ok"),
                entry("/app/out", "directory", "ok", ["*.tmp"]), entry("/app/missing", "file", "failed"),
                entry("/app/out/deep", "directory", "skipped"),
                entry("/srv/moved", "file", "ok", to: "/elsewhere/moved.txt"), entry("/tests", "directory", "failed"),
            ]
        )
        #expect(station.scratch.read("\(directory)/artifacts/elsewhere/moved.txt") == "moved\n")
        #expect(station.scratch.read("\(directory)/artifacts/app/out/deep/file") == "data\n")
        for name in ["outside", "inside", "fifo", "skip.tmp"] {
            var status = stat()
            #expect(lstat("\(station.scratch.path)/\(directory)/artifacts/app/out/\(name)", &status) == -1, "\(name)")
        }
        let result = try #require(station.scratch.read("\(directory)/result.json"))
        #expect(result.contains(#""separate""#), "\(result)")
    }

    @Test func thePersonCanAskForItOrAgainstIt() async throws {
        let station = try await Station.start()
        // Nothing is declared: nothing is seen.
        let apart = try await station.run(Repository.helloWorld, ["--verifier-mode", "separate"])
        #expect(apart.status == 4 && apart.trial.verdict?.mode == .separate)
        let together = try await station.run(try write(in: station), ["--verifier-mode", "isolated"])
        // There the verifier finds what is not declared.
        #expect(together.status == 4 && together.trial.verdict?.mode == .isolated)
    }

    @Test func theVerifiersOwnEnvironmentCounts() async throws {
        let station = try await Station.start()
        let made = MadeTask(
            name: "own",
            verifier: """
                #!/bin/sh
                [ "$PWD" = /judge ] && [ ! -e /app/original ] && [ "$KIND" = judge ] && [ "$(cat /app/answer)" = yes ]
                echo $(($? == 0)) > /logs/verifier/reward.txt
                """,
            head: "artifacts = [\"/app/answer\"]",
            extra: """
                [verifier.environment]
                docker_image = "debian:bookworm-slim"
                workdir = "/judge"
                env = {KIND = "judge"}
                """
        )
        let task = try made.write(in: station.scratch)
        try station.scratch.write(
            String(task.dropFirst(station.scratch.path.count)) + "/environment/original",
            "x\n"
        )
        let (trial, status) = try await station.run(task)
        #expect(status == 0 && trial.verdict?.mode == .separate, "\(String(describing: trial.verdict))")

        var unknown = made
        unknown.extra = "[verifier.environment]\ndocker_image = \"no/such:image\""
        let refused = try await station.control(["run", try unknown.write(in: station.scratch)])
        #expect(refused.status == 1 && (refused.output + refused.errors).contains("no/such:image"))
    }

    @Test func anArtifactThatIsTooLargeIsNotCutButLeftOut() async throws {
        let station = try await Station.start()
        let made = MadeTask(
            name: "large",
            verifier: "#!/bin/sh\n[ -e /app/huge ]; echo $? > /logs/verifier/reward.txt\n",
            solution: "#!/bin/sh\ntruncate -s 1T /app/huge || truncate -s 8G /app/huge\n",
            verifierMode: "separate",
            head: "artifacts = [\"huge\"]"
        )
        let (trial, status) = try await station.run(try made.write(in: station.scratch))
        #expect(status == 0, "\(String(describing: trial.verdict))")
        #expect(try await station.log(of: trial.summary.trial).contains { $0.contains("/app/huge is not copied") })

        // Sparse files cost the agent nothing, and the daemon memory and disk.
        var many = made
        many.name = "many"
        many.solution = "#!/bin/sh\nfor i in 1 2 3 4 5 6; do truncate -s 60M /app/$i; done\n"
        many.verifier = "#!/bin/sh\n[ -e /app/4 ] && [ ! -e /app/5 ]; echo $((! $?)) > /logs/verifier/reward.txt\n"
        many.head = "artifacts = [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\"]"
        many.storageMiB = 400
        let (bounded, end) = try await station.run(try many.write(in: station.scratch))
        #expect(end == 0, "\(String(describing: bounded.verdict))")
    }
}
