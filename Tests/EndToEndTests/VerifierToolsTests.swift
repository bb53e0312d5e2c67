import FoundationEssentials
import Glibc
import Testing
import Wire

/// Programs that verifiers without a network have, and agents do not.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct VerifierToolsTests {
    private let station: Station
    private let fixture: ImageFixture
    private let settings: Scratch

    init() async throws {
        settings = try Scratch()
        let file = try settings.write("executord.toml", "[verifier]\ntools = \"tools\"\n")
        station = try await Station.start(mode: ["--config", file])
        fixture = ImageFixture(scratch: station.scratch)
    }

    /// A program, a variable and a place to write in.
    private func importTools() async throws -> String {
        let tools = try station.scratch.makeDirectory("tools")
        try station.scratch.write("tools/bin/grade", "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n", mode: 0o755)
        try station.scratch.write("tools/environment", "TOOLS_SAY=use me\nHOME=/verifier-tools/run\n")
        _ = try station.scratch.makeDirectory("tools/run")
        return try await station.json(ImageImport.Result.self, ["image", "import", tools, "tools"]).value.image.id
    }

    /// Has the reward from the tools alone, and none where they are not as they were made.
    private static let verifier = """
        #!/bin/sh
        cp "$0" /logs/verifier/ran
        [ "$TOOLS_SAY" = "use me" ] && [ "$HOME" = /verifier-tools/run ] && touch "$HOME/mine" || exit 1
        if touch /verifier-tools/bin/x || rm -f /verifier-tools/bin/grade || mv /verifier-tools /moved; then exit 1; fi
        [ "$(ls /verifier-tools | tr '\\n' ' ')" = "bin environment run " ] || exit 1
        [ "$(command -v grade)" = /verifier-tools/bin/grade ] || exit 1
        grade
        """

    /// Looks for the tools, and leaves its own where they will be.
    private static let agent = [
        "command -v grade; echo \"$TOOLS_SAY\"; ls /verifier-tools; grep -c verifier-tools /proc/self/mountinfo; true",
        "mkdir -p /app/evil/bin; printf '#!/bin/sh\\necho 0 > /logs/verifier/reward.txt\\n' > /app/evil/bin/grade",
        "chmod 755 /app/evil/bin/grade; cp /app/evil/bin/grade /usr/local/bin/grade; rm -rf /verifier-tools",
        "ln -s /app/evil /verifier-tools",
    ]

    @Test func aVerifierHasThemAndAnAgentDoesNot() async throws {
        let id = try await importTools()
        let task = try MadeTask(name: "tools", verifier: Self.verifier).write(in: station.scratch)
        let (trial, status) = try await station.replay(Self.agent, on: task)
        #expect(status == 0, "\(trial.verdict?.message ?? "")")
        #expect(trial.verdict?.tools == id)
        #expect(trial.verdict?.evidence.suspicious.contains { $0.contains("/verifier-tools") } == true)
        struct Log: Decodable { var text: String? }
        let outputs = try await station.json([Log].self, ["logs", trial.summary.trial]).value.compactMap(\.text)
        let seen = try #require(outputs.first)
        #expect(!seen.contains("grade\n") && !seen.contains("use me") && seen.contains("0\n"), "\(seen)")
        #expect(try await station.control(["show", trial.summary.trial]).output.contains("with the tools"))

        // A verdict is repeated with the tools that it was made with, whatever has their name now.
        try station.scratch.write("broken/bin/grade", "#!/bin/sh\nexit 1\n", mode: 0o755)
        for (directory, name) in [("tools", "kept"), ("broken", "tools")] {
            let outcome = try await station.control(["image", "import", station.scratch.path + "/" + directory, name])
            #expect(outcome.status == 0, "\(outcome.errors)")
        }
        let again = try await station.json(TrialVerify.Result.self, ["verify", trial.summary.trial])
        #expect(again.status == 0 && again.value.deterministic && again.value.runs.allSatisfy { $0.tools == id })
        #expect(try await station.control(["image", "remove", "kept"]).status == 0)
        let gone = try await station.control(["verify", trial.summary.trial])
        #expect(gone.status != 0 && gone.errors.contains("not in the store"), "\(gone.errors)")
    }

    @Test func aVerifierThatRunsApartHasThemToo() async throws {
        let id = try await importTools()
        let task = try MadeTask(name: "apart", verifier: Self.verifier, verifierMode: "separate")
            .write(in: station.scratch)
        let (trial, status) = try await station.replay(Self.agent, on: task)
        #expect(status == 0 && trial.verdict?.mode == .separate && trial.verdict?.tools == id)
    }

    @Test func aVerifierWithANetworkFetchesWhatItWants() async throws {
        _ = try await importTools()
        let task = try MadeTask(
            name: "network",
            verifier:
                "#!/bin/sh\n[ ! -e /verifier-tools ] && [ -z \"$TOOLS_SAY\" ] && echo 1 > /logs/verifier/reward.txt\n",
            network: "allowlist",
            extra: "allowed_hosts = [\"example.org\"]"
        ).write(in: station.scratch)
        let (trial, status) = try await station.run(task)
        #expect(status == 0 && trial.verdict?.tools == nil, "\(trial.verdict?.message ?? "")")
        // Lowered, it has none, and the tools.
        let lowered = try await station.run(task, ["--network", "no-network"])
        #expect(lowered.status == 4 || lowered.status == 5)
        #expect(lowered.trial.verdict?.tools != nil)
    }

    @Test func withoutThemNothingIsGraded() async throws {
        let task = try MadeTask(name: "none", verifier: Self.verifier).write(in: station.scratch)
        let outcome = try await station.control(["run", task])
        let said = outcome.output + outcome.errors
        #expect(outcome.status != 0 && said.contains("'tools' are not in the store"), "\(said)")
        #expect(said.contains("build-verifier-tools"), "\(said)")
    }

    // MARK: What stands for installers

    /// As public tasks begin their tests, on an image that has neither curl nor Python nor uv.
    private static let publicVerifier = """
        #!/bin/sh
        set -e
        apt-get update
        apt-get install -y --no-install-recommends curl ca-certificates
        if apt-get install -y vim; then exit 1; fi
        curl -LsSf https://astral.sh/uv/0.9.5/install.sh | sh
        . "$HOME/.local/bin/env"
        [ "$(command -v uvx)" = /verifier-tools/bin/uvx ]
        curl -LsSf https://astral.sh/uv/install.sh -o /tmp/again; wget -qO- https://astral.sh/uv/install.sh | sh /tmp/again
        if curl -s https://example.org/; then exit 1; fi
        uvx -p 3.13 -w pytest==8.4.1 pytest --version
        if [ -e /verifier-tools/python ]; then
            printf 'def test_it(): open("/logs/verifier/reward.txt", "w").write("1")\\n' > /tmp/test_it.py
            uvx -p 3.13 -w pytest==8.4.1 -w pytest-json-ctrf==0.3.5 pytest --ctrf /logs/verifier/ctrf.json /tmp/test_it.py
        else
            echo 1 > /logs/verifier/reward.txt
        fi
        """

    /// What an agent may have left where the installer of uv puts things.
    private static let plantedAgent = [
        "mkdir -p /root/.local/bin/env /root/.config/uv; echo 'exit 0' > /root/.local/bin/env/x",
        "printf '#!/bin/sh\\necho 0 > /logs/verifier/reward.txt; kill -9 $PPID\\n' > /root/.local/bin/uvx",
        "chmod 755 /root/.local/bin/uvx; cp /root/.local/bin/uvx /root/.local/bin/cat; echo x > /root/.config/uv/uv.toml",
    ]

    private func verifierOutput(of trial: String) throws -> String {
        let path = station.state + "/trials/\(trial)/verifier/test-stdout.txt"
        return FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private func gradesPublicTasks(with tools: String) async throws {
        _ = try await station.control(["image", "import", tools, "tools"])
        _ = try await station.control(["image", "import", try await fixture.smallRoot(), "small:1"])
        let task = try MadeTask(name: "public", verifier: Self.publicVerifier, image: "docker_image = \"small:1\"")
            .write(in: station.scratch)
        let (trial, status) = try await station.replay(Self.plantedAgent, on: task)
        let output = try verifierOutput(of: trial.summary.trial)
        #expect(status == 0, "\(output)")
        for said in [
            "curl: satisfied from the verifier tools", "vim is not available", "uv installer (verifier tools, offline)",
            "the image has no curl",
        ] {
            #expect(output.contains(said), "'\(said)' is not in \(output)")
        }
    }

    /// Stand-ins alone; and, where it is named, the whole tree that `Sources/ctl/VerifierTools/build-tree` has made, which
    /// needs a network.
    private static let trees = [""] + (getenv("EXECUTORD_VERIFIER_TOOLS").map { [String(cString: $0)] } ?? [])

    @Test(arguments: trees) func standInsSayWhatIsThereAndFailForTheRest(tree: String) async throws {
        try await gradesPublicTasks(with: tree.isEmpty ? standIns() : tree)
    }

    private func standIns() async throws -> String {
        let parts = Repository.root + "/Sources/ctl/VerifierTools"
        let tools = try station.scratch.makeDirectory("stand-ins")
        try await fixture.shell(
            """
            cd "$1"; mkdir bin run; cp \(parts)/apt-get \(parts)/curl bin/; cp \(parts)/uv-installer \(parts)/environment .
            chmod 755 bin/*; ln -s curl bin/wget
            printf '#!/bin/sh\\necho uv 1\\n' > bin/uv; chmod 755 bin/uv; cp bin/uv bin/uvx
            """,
            tools
        )
        return tools
    }
}
