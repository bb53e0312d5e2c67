import Tasks
import Testing
import Wire

@Suite struct TaskStepTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let environment =
        "[environment]\ndocker_image = \"debian:bookworm\"\nnetwork_mode = \"no-network\"\n"

    /// A task with two steps, each with what it needs.
    private func load(_ configuration: String) throws -> LoadedTask {
        try scratch.write("task.toml", configuration)
        for name in ["one", "two"] {
            try scratch.write("steps/\(name)/instruction.md", "Do \(name).\n")
            try scratch.write("steps/\(name)/tests/test.sh", "true\n")
        }
        return try LoadedTask.load(directory: scratch.path)
    }

    @Test("A step says what it wants; the task says the rest")
    func inheritance() throws {
        try scratch.write("steps/two/workdir/setup.sh", "true\n")
        try scratch.write("steps/two/solution/solve.sh", "true\n")
        let task = try load(
            """
            artifacts = ["/all"]
            [agent]
            timeout_sec = 10
            user = "agent"
            [verifier]
            timeout_sec = 20
            env = {A = "task", B = "task"}
            [[verifier.collect]]
            command = "first"
            \(Self.environment)
            [[steps]]
            name = "one"
            [[steps]]
            name = "two"
            min_reward = 0.5
            artifacts = ["/two"]
            [steps.agent]
            timeout_sec = 1
            [steps.verifier]
            env = {B = "${STEP_VALUE}"}
            user = 7
            environment_mode = "separate"
            [[steps.verifier.collect]]
            command = "second"
            [steps.healthcheck]
            command = "true"
            """
        )
        #expect(task.definition.rewardStrategy == .mean && task.definition.stage == nil)
        #expect(task.definition.templateVariables == ["STEP_VALUE"])
        let stages = task.stages.map(\.definition)
        #expect(
            stages.map(\.stage?.name) == ["one", "two"] && stages.map(\.instruction) == ["Do one.\n", "Do two.\n"]
        )
        let (one, two) = (stages[0], stages[1])
        #expect(one.agent.timeout == .seconds(10) && two.agent.timeout == .seconds(1))
        #expect(two.agent.user == .name("agent") && two.verifier.user == .id(7) && one.verifier.user == nil)
        #expect(one.verifier.timeout == .seconds(20) && two.verifier.timeout == .seconds(20))
        #expect(two.verifier.variables == ["A": "task", "B": "${STEP_VALUE}"] && one.verifier.variables["B"] == "task")
        #expect(two.verifier.collect.map(\.command) == ["first", "second"])
        #expect(one.artifacts.map(\.source) == ["/all"] && two.artifacts.map(\.source) == ["/all", "/two"])
        #expect(!one.verifiesSeparately() && two.verifiesSeparately() && !two.verifiesSeparately(.isolated))
        #expect(one.stage?.isLast == false && two.stage?.isLast == true)
        #expect(one.stage?.minimumReward == nil && two.stage?.minimumReward?.minimums == ["reward": 0.5])
        #expect(one.stage?.hasSetup == false && two.stage?.hasSetup == true && two.stage?.healthcheck != nil)
        #expect(!one.contents.hasSolution && two.contents.hasSolution)
        #expect(task.warnings.map(\.kind) == [.noSolution])
        // A task without steps is its own only stage.
        let single = try Scratch().load(Self.environment)
        #expect(single.stages.map(\.definition) == [single.definition])
    }

    @Test("The task's tests serve steps that have none")
    func sharedTests() throws {
        try scratch.write("task.toml", Self.environment + "[[steps]]\nname = \"one\"\n")
        try scratch.write("steps/one/instruction.md", "x")
        func message() -> String {
            (#expect(throws: TaskError.self) { try LoadedTask.load(directory: scratch.path) })?.description ?? ""
        }
        #expect(message().contains("steps/one/tests/test.sh is missing"))
        try scratch.write("tests/test.sh", "true\n")
        _ = try LoadedTask.load(directory: scratch.path)
        try scratch.write("task.toml", Self.environment + "[[steps]]\nname = \"two\"\n")
        #expect(message().contains("steps/two/instruction.md is missing"))
    }

    @Test(
        "Names of steps are names of directories anywhere",
        arguments: ["..", ".", "", " ", "a/b", "a\\\\b", "a:b", "CON", "com1.x", "x.", "x ", "a\\tb"]
    )
    func names(name: String) throws {
        try scratch.write("task.toml", Self.environment + "[[steps]]\nname = \"\(name)\"\n")
        let error = #expect(throws: TaskError.self) { try LoadedTask.load(directory: scratch.path) }
        #expect(error?.description.contains("steps[0].name") == true, "\(String(describing: error))")
    }

    @Test("What cannot be meant is refused by name")
    func refused() throws {
        let steps = "[[steps]]\nname = \"one\"\n"
        for (text, sign) in [
            (steps + "[[steps]]\nname = \"ONE\"\n", "'one'"), (steps + "min_reward = \"all\"\n", "min_reward"),
            (steps + "min_reward = {}\n", "min_reward"), (steps + "min_reward = nan\n", "min_reward"),
        ] {
            let error = #expect(throws: TaskError.self) { try load(Self.environment + text) }
            #expect(error?.description.contains(sign) == true, "\(String(describing: error))")
        }
        let error = #expect(throws: TaskError.self) {
            try load("multi_step_reward_strategy = \"best\"\n" + Self.environment + steps)
        }
        #expect(error?.description.contains("multi_step_reward_strategy") == true)
        let final = try load("multi_step_reward_strategy = \"final\"\n" + Self.environment + steps)
        #expect(final.definition.rewardStrategy == .final)
    }

    @Test("A gate asks for each of its keys")
    func gate() {
        let plain = RewardGate(minimums: ["reward": 0.5])
        #expect(plain.failure(of: ["reward": 0.5]) == nil)
        #expect(plain.failure(of: ["reward": 0.4])?.contains("0.4") == true)
        #expect(plain.failure(of: ["other": 1])?.contains("missing") == true)
        #expect(plain.failure(of: [:]) != nil)
        let both = RewardGate(minimums: ["a": 1, "b": -1])
        #expect(both.failure(of: ["a": 1, "b": -1, "reward": 0]) == nil)
        #expect(both.failure(of: ["a": 1]) != nil && both.failure(of: ["a": 0, "b": 0]) != nil)
    }

    @Test("The verifier's image is the step's, then the task's")
    func images() throws {
        let separate = "[verifier]\nenvironment_mode = \"separate\"\n"
        let steps = "[[steps]]\nname = \"one\"\n[[steps]]\nname = \"two\"\n[steps.verifier.environment]\n"
        func images() throws -> [VerifierImage] {
            try load(Self.environment + separate + steps + "docker_image = \"own\"\n").stages.map {
                $0.definition.verifierImage
            }
        }
        #expect(try images() == [.ofTask, .named("own")])
        try scratch.write("tests/Dockerfile", "FROM x")
        #expect(try images() == [.built, .named("own")])
        let resolution = ImageResolution(aliases: [], storedNames: ["own", "debian:bookworm"])
        let two = try load(Self.environment + separate + steps + "docker_image = \"own\"\n").stages[1].definition
        #expect(resolution.verifierImage(for: two, override: nil) == .success(.stored(name: "own:latest")))
        #expect(resolution.verifierImage(for: two, override: "host") == .success(.host))
    }

    @Test("Steps cannot be verified beside what lives on")
    func shared() throws {
        let task = try load(Self.environment + "[[steps]]\nname = \"one\"\n")
        let resolution = ImageResolution(aliases: [], storedNames: ["debian:bookworm"])
        func reasons(_ mode: VerifierMode) -> [String] {
            let one = task.stages[0].definition
            return one.refusals(
                image: resolution.image(for: one, override: nil),
                verifierMode: mode,
                capabilities: HostCapabilities()
            ).map(\.reason)
        }
        #expect(reasons(.auto).isEmpty && reasons(.isolated).isEmpty)
        #expect(reasons(.shared) == ["sharedSteps"])
    }
}
