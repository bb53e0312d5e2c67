import FoundationEssentials
import Glibc
import Testing
import Wire

/// The recipe of docs/images.md for a base without a registry, from a Debian mirror to a task that installs packages.
///
/// Where there is no debootstrap, or no mirror answers, the test is cancelled with the reason.
@Suite(.serialized, .timeLimit(.minutes(10)), .enabled(if: geteuid() == 0, "debootstrap needs root"))
struct DebianBaseTests {
    private static let name = "bookworm:recipe"

    /// Variables by which a mirror is found, as this process has them.
    private static var mirror: [String: String] {
        var variables: [String: String] = [:]
        for name in ["MIRROR", "http_proxy", "https_proxy"] {
            if let value = getenv(name) { variables[name] = String(cString: value) }
        }
        return variables
    }

    private func makeBase(_ station: Station) async throws {
        let variables = [
            "EXECUTORCTL": Built.executorctl, "EXECUTORD_SOCKET": station.socket,
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        ]
        let made = try await Program.start(
            "/bin/sh",
            [Repository.root + "/scripts/make-base", "bookworm", Self.name],
            environment: variables.merging(Self.mirror) { $1 }
        ).end()
        for reason in ["debootstrap is missing", "Failed getting release file"] where made.errors.contains(reason) {
            try Test.cancel("\(made.errors.split(separator: "\n").first { $0.contains(reason) } ?? "")")
        }
        try #require(made.status == 0, "\(made.errors)")
    }

    /// The hosts of the base's mirrors, and their addresses: some networks answer for them from within.
    private func mirrors(of state: String) async throws -> [String] {
        let trees = state + "/images/store/trees"
        let tree = try #require(try FileManager.default.contentsOfDirectory(atPath: trees).first)
        let list = try String(contentsOfFile: "\(trees)/\(tree)/etc/apt/sources.list", encoding: .utf8)
        let hosts = list.split(separator: "\n").compactMap { line in
            line.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2).first.map(String.init)
        }
        try #require(!hosts.isEmpty, "\(list)")
        let found = try await Program.start("/usr/bin/getent", ["ahostsv4"] + hosts).end().output
        return hosts + Set(found.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) })
    }

    @Test func aBaseByTheRecipeRunsTasksAndInstallsPackages() async throws {
        let first = try await Station.start()
        try await makeBase(first)
        let hosts = try await mirrors(of: first.state)
        try await first.stop()
        let scratch = try Scratch()
        let listed = hosts.map { "\"\($0)\"" }.joined(separator: ", ")
        try scratch.write("executord.toml", "[builds]\nnetwork = \"allowlist\"\nhosts = [\(listed)]\n")
        let station = try await Station.start(
            state: first.state,
            mode: ["--config", scratch.path + "/executord.toml"]
        )

        let verifier = "#!/bin/sh\ngrep -qx 12 /app/answer && echo 1 > /logs/verifier/reward.txt\n"
        let plain = try MadeTask(
            verifier: verifier,
            solution: "#!/bin/bash\ncut -d. -f1 /etc/debian_version > /app/answer\n",
            image: "docker_image = \"\(Self.name)\""
        ).write(in: station.scratch)
        #expect(try await station.run(plain).status == 0)

        let installing = try MadeTask(
            verifier: verifier,
            solution: "#!/bin/sh\nxxd -h 2>/dev/null; printf 31320a | xxd -r -p > /app/answer\n",
            image: "",
            dockerfile: """
                FROM \(Self.name)
                RUN apt-get update && apt-get install -y --no-install-recommends xxd && rm -rf /var/lib/apt/lists/*
                """
        ).write(in: station.scratch)
        let built = try await station.json(ImageBuild.Result.self, ["image", "build", installing]).value
        #expect(built.network?.targets.contains { $0.decision == .allowed && $0.receivedBytes > 1 << 20 } == true)
        let (trial, status) = try await station.run(installing)
        #expect(status == 0, "\(String(describing: trial.verdict))")
    }
}
