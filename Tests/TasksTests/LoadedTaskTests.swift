import Tasks
import Testing

@Suite struct LoadedTaskTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test("Schema 1.0: version, memory in words, allow_internet, no [task]")
    func oldest() throws {
        let task = try scratch.load(
            """
            version = "1.0"
            [metadata]
            author_name = "A"
            difficulty = "hard"
            tags = ["b", "a"]
            [verifier]
            timeout_sec = 900
            [agent]
            timeout_sec = 900.0
            [environment]
            build_timeout_sec = 600.0
            docker_image = "debian:bookworm"
            cpus = 1
            memory = "2G"
            storage = "10G"
            allow_internet = false
            """
        )
        let definition = task.definition
        #expect(definition.name == scratch.path.split(separator: "/").last.map(String.init))
        #expect(definition.schemaVersion == "1.0")
        #expect(definition.environment.memoryBytes == 2 << 30)
        #expect(definition.environment.storageBytes == 10 << 30)
        #expect(definition.environment.cpus == 1)
        #expect(definition.environment.network == .closed)
        #expect(definition.agent.timeout == .seconds(900))
        #expect(definition.verifier.timeout == .seconds(900))
        #expect(definition.metadataJSON == #"{"author_name":"A","difficulty":"hard","tags":["b","a"]}"#)
        #expect(task.warnings.filter { $0.kind == .deprecatedKey }.count == 4)
        #expect(!task.warnings.contains { $0.kind == .unknownKey })
        #expect(try LoadedTask.load(directory: scratch.path, directoryName: "given").definition.name == "given")
    }

    @Test("An empty task.toml has the schema's defaults")
    func defaults() throws {
        let task = try scratch.load("")
        #expect(task.definition.schemaVersion == "1.4")
        #expect(task.definition.agent.timeout == nil)
        #expect(task.definition.agent.user == nil)
        #expect(task.definition.verifier.timeout == .seconds(600))
        #expect(task.definition.verifier.mode == nil)
        #expect(task.definition.environment.startTimeout == .seconds(600))
        #expect(task.definition.environment.network == nil)
        #expect(task.definition.contents.hasWorkingFiles)
        #expect(task.warnings.map(\.kind) == [.networkDefaulted])
    }

    @Test("Schema 1.4 with all it has")
    func newest() throws {
        let task = try scratch.load(
            """
            schema_version = "1.4"
            source = "made here"
            artifacts = ["/app/out.txt", {source = "/var/log", destination = "logs", exclude = ["*.gz"]}]
            [task]
            name = "org/full.task-1"
            version = "2.1"
            description = "All of it."
            authors = [{name = "A", email = "a@example.org"}]
            keywords = ["k"]
            [agent]
            timeout_sec = 1.5
            user = 1000
            network_mode = "no-network"
            [verifier]
            timeout_sec = 60
            user = "grader"
            network_mode = "allowlist"
            allowed_hosts = ["PyPI.example.", "*.Example.org", "10.0.0.0/8", "::1"]
            environment_mode = "shared"
            env = {TOKEN = "${TOKEN}", LEVEL = "${LEVEL:-3}", PLAIN = "x ${TOKEN}"}
            [[verifier.collect]]
            command = "pg_dump > /logs/artifacts/db"
            timeout_sec = 5
            user = 0
            [solution]
            env = {KEY = "${SOLVER_KEY}"}
            [environment]
            network_mode = "public"
            build_timeout_sec = inf
            docker_image = "debian:bookworm"
            os = "Linux"
            cpus = 1.5
            memory_mb = 512
            storage_mb = 64
            env = {A = "b"}
            skills_dir = "/skills"
            workdir = "/app"
            mcp_servers = [{name = "files", transport = "stdio", command = "x"}]
            [environment.healthcheck]
            command = "test -f /ready"
            retries = 5
            interval_sec = 0.5
            """
        )
        let definition = task.definition
        #expect(definition.name == "org/full.task-1")
        #expect(definition.version == "2.1")
        #expect(definition.agent.timeout == .milliseconds(1500))
        #expect(definition.agent.user == .id(1000))
        #expect(definition.agent.network == .closed)
        #expect(definition.verifier.user == .name("grader"))
        #expect(definition.verifier.network == .allowlist(["pypi.example", "*.example.org", "10.0.0.0/8", "::1"]))
        #expect(definition.verifier.mode == .shared)
        #expect(definition.verifier.collect.first?.timeout == .seconds(5))
        #expect(definition.environment.network == .open)
        #expect(definition.environment.startTimeout == nil)
        #expect(definition.environment.cpus == 1.5)
        #expect(definition.environment.memoryBytes == 512 << 20)
        #expect(definition.environment.workingDirectory == "/app")
        #expect(definition.environment.healthcheck?.retries == 5)
        #expect(definition.environment.healthcheck?.timeout == .seconds(30))
        #expect(definition.artifacts.map(\.source) == ["/app/out.txt", "/var/log"])
        #expect(definition.artifacts.last?.exclude == ["*.gz"])
        #expect(definition.templateVariables == ["LEVEL", "SOLVER_KEY", "TOKEN"])
        #expect(definition.requiredVariables == ["SOLVER_KEY", "TOKEN"])
        #expect(task.warnings.map(\.kind) == [.mcpServersIgnored])
    }

    @Test("Leading canary lines are not shown to agents")
    func canary() throws {
        try scratch.task("")
        try scratch.write(
            "instruction.md",
            "<!-- BENCHMARK DATA canary GUID 1 -->\n# Canary: abc\n\n\n# Title\nThe canary sings.\n# canary\n"
        )
        let text = try LoadedTask.load(directory: scratch.path).definition.instruction
        #expect(text == "# Title\nThe canary sings.\n# canary\n")
    }

    @Test(
        "What cannot be meant is refused with its key",
        arguments: [
            ("[agent]\ntimeout_sec = -1", "agent.timeout_sec"), ("[agent]\ntimeout_sec = nan", "agent.timeout_sec"),
            ("[agent]\ntimeout_sec = \"soon\"", "agent.timeout_sec: must be a number"),
            ("[agent]\nuser = -1", "agent.user"), ("[agent]\nuser = true", "agent.user"),
            ("[environment]\nmemory = \"lots\"", "environment.memory"),
            ("[environment]\nmemory = \"1G\"\nmemory_mb = 512", "remove one"),
            ("[environment]\nmemory_mb = 0", "environment.memory_mb"),
            ("[environment]\nmemory_mb = 9223372036854775807", "environment.memory_mb"),
            ("[environment]\ncpus = inf", "environment.cpus"),
            ("[environment]\nworkdir = \"../up\"", "environment.workdir"),
            ("[environment]\nenv = {\"A=B\" = \"x\"}", "environment.env"),
            ("[environment]\nenv = {A = 1}", "environment.env.A: must be a text in quotes"),
            ("[environment]\nnetwork_mode = \"some\"", "environment.network_mode"),
            ("[environment]\nallowed_hosts = [\"a.b\"]", "environment.allowed_hosts"),
            ("[environment]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"https://a.b/\"]", "https://a.b/"),
            ("[environment]\nos = \"plan9\"", "environment.os"),
            ("[environment.healthcheck]\nretries = 1", "environment.healthcheck.command"),
            (
                "[verifier]\nenvironment_mode = \"shared\"\n[verifier.environment]\ncpus = 1",
                "verifier.environment_mode"
            ),
            ("artifacts = [\"/a/../b\"]", "artifacts[0]"),
            ("artifacts = [{source = \"/a\", destination = \"../x\"}]", "artifacts[0].source"),
            ("[task]\ndescription = \"x\"", "task.name"),
            ("agent = 3", "agent"),
        ]
    )
    func refused(configuration: String, part: String) throws {
        let message = try scratch.refusal(configuration)
        #expect(message.hasPrefix("task.toml: "))
        #expect(message.contains(part))
    }

    @Test("Broken TOML names line and column")
    func brokenTOML() throws {
        #expect(try scratch.refusal("[environment]\ncpus = = 1\n").hasPrefix("task.toml:2:8:"))
    }

    @Test("Unknown keys are named with what was probably meant")
    func unknownKeys() throws {
        let task = try scratch.load(
            """
            docker_image = "x"
            [agent]
            timeout_secs = 5
            colour = "red"
            [environment]
            network_mode = "no-network"
            memroy_mb = 512
            [environment.healthcheck]
            command = "true"
            retires = 1
            [[verifier.collect]]
            command = "x"
            tiemout_sec = 1
            [metadata]
            anything = {goes = 1}
            """
        )
        let messages = task.warnings.map(\.message)
        #expect(task.warnings.allSatisfy { $0.kind == .unknownKey })
        #expect(messages.count == 6)
        #expect(messages.contains { $0.contains("agent.timeout_secs ") && $0.hasSuffix("'timeout_sec'?") })
        #expect(messages.contains { $0.contains("agent.colour ") && $0.hasSuffix("is ignored") })
        #expect(messages.contains { $0.contains("environment.memroy_mb ") && $0.hasSuffix("'memory_mb'?") })
        #expect(messages.contains { $0.contains("environment.healthcheck.retires ") && $0.hasSuffix("'retries'?") })
        #expect(messages.contains { $0.contains("verifier.collect[0].tiemout_sec ") })
        #expect(messages.contains { $0.contains(" docker_image ") && $0.hasSuffix("[environment]") })
    }

    @Test(
        "A name that is no name gives way to the directory's",
        arguments: ["../evil", "A Title", "a/b/c", "", "a/.b"]
    )
    func names(name: String) throws {
        let task = try scratch.load("[environment]\nnetwork_mode = \"no-network\"\n[task]\nname = \"\(name)\"")
        #expect(task.definition.name == scratch.path.split(separator: "/").last.map(String.init))
        #expect(task.warnings.map(\.kind) == [.unusableName])
    }

    @Test("Missing files are named")
    func missing() throws {
        func message() -> String {
            (#expect(throws: TaskError.self) { try LoadedTask.load(directory: scratch.path) })?.description ?? ""
        }
        #expect(message().contains("task.toml is missing"))
        try scratch.write("task.toml", "")
        #expect(message().contains("instruction.md is missing"))
        try scratch.write("instruction.md", "x")
        #expect(message().contains("environment/ is missing"))
        try scratch.write("environment/x", "x")
        #expect(message().contains("tests/test.sh is missing"))
        try scratch.write("tests/test.sh", "x")
        let task = try LoadedTask.load(directory: scratch.path)
        #expect(task.warnings.contains { $0.kind == .noSolution })
        try scratch.write("instruction.md", bytes: [0xff])
        #expect(message().contains("UTF-8"))
    }
}
