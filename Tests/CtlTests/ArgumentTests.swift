import CommandLineKit
import Testing
import Wire

@testable import ctl

struct ArgumentTests {
    private func refusal<T: ArgumentValue>(_ type: T.Type, _ text: String) -> String {
        do {
            _ = try T(argument: text)
            return "accepted"
        } catch {
            return error.message
        }
    }

    @Test func limitsOfEveryKind() throws {
        let text = "memory=512M,pids=64,cpus=1.5,cpu=10s,time=2m,disk=1g,inodes=10k,files=256"
        let limits = try LimitsArgument(argument: text).limits
        #expect(limits.memoryBytes == 512 << 20)
        #expect(limits.processes == 64)
        #expect(limits.cpus == 1.5)
        #expect(limits.cpuSeconds == 10)
        #expect(limits.wallSeconds == 120)
        #expect(limits.diskBytes == 1 << 30)
        #expect(limits.inodes == 10_000)
        #expect(limits.openFiles == 256)
    }

    @Test(
        "Times and sizes",
        arguments: [
            ("time=1", 1), ("time=500ms", 0.5), ("time=1h", 3600), ("time=1.5M", 90),
        ]
    )
    func times(_ text: String, _ seconds: Double) throws {
        #expect(try LimitsArgument(argument: text).limits.wallSeconds == seconds)
    }

    @Test(
        "Refused limits",
        arguments: [
            ("", "'' is not KEY=VALUE"), ("memory", "'memory' is not KEY=VALUE"),
            ("memory=1M,", "'' is not KEY=VALUE"), ("memry=1M", "there is no limit 'memry' (did you mean 'memory'?)"),
            ("memory=", "a size such as 512M is needed"), ("memory=-1", "a size such as 512M is needed"),
            ("memory=0", "a size such as 512M is needed"), ("memory=1X", "a size such as 512M is needed"),
            ("memory=1e9", "a size such as 512M is needed"), ("memory=infM", "a size such as 512M is needed"),
            ("memory=99999999T", "a size such as 512M is needed"), ("pids=1.5", "is not a whole number"),
            ("time=10parsecs", "a time such as 10s or 5m is needed"), ("pids=1,pids=2", "'pids' is given twice"),
            ("cpus=1k", "a number such as 1.5 is needed"),
        ]
    )
    func refusedLimits(_ text: String, _ words: String) {
        let message = refusal(LimitsArgument.self, text)
        #expect(message.contains(words), "\(message)")
    }

    @Test func bindsAndVariables() throws {
        let bind = try HostBindArgument(argument: "src:/data")
        #expect(bind.host == "src" && bind.inside == "/data")
        #expect(try HostBindArgument(argument: "/data").inside == "/data")
        for text in ["", ":/x", "a:b", "/a:/b:/c", "relative"] {
            #expect(refusal(HostBindArgument.self, text) != "accepted", "\(text)")
        }
        #expect(try EnvironmentArgument(argument: "A=b=c").value == "b=c")
        #expect(try EnvironmentArgument(argument: "A=").resolved?.1 == "")
        #expect(try EnvironmentArgument(argument: "EXECUTORD_NOT_SET_ANYWHERE").resolved == nil)
        #expect(refusal(EnvironmentArgument.self, "=x") != "accepted")
    }

    @Test func execRefusesContradictions() throws {
        var options = ExecOptions()
        options.command = ["true"]
        #expect(try options.params().changes == false)
        options.diff = true
        #expect(throws: UsageError.self) { try options.params() }
        options.work = "/"
        #expect(try options.params().changes)
        options.apply = true
        #expect(throws: UsageError.self) { try options.params() }
        options.diff = false
        options.work = "/nonexistent/work"
        #expect(throws: OperationError.self) { try options.params() }
    }

    @Test func agentIsChosenByItsOptions() throws {
        let directory = try Directory()
        try directory.write(#"{"actions": [{"shell": "echo hi"}]}"#, to: "cheat.json")
        var options = TrialOptions()
        #expect(try options.agentSpec() == AgentSpec(kind: .oracle))
        options.steps = true
        #expect(try options.agentSpec().steps)
        options.agent = .nop
        #expect(throws: UsageError.self) { try options.agentSpec() }
        options = TrialOptions()
        options.replay = directory.path + "/cheat.json"
        let spec = try options.agentSpec()
        #expect(spec.kind == .replay && spec.displayName == "cheat" && spec.actions.first?.shell == "echo hi")
        options.agent = .nop
        #expect(throws: UsageError.self) { try options.agentSpec() }
        options = TrialOptions()
        options.agent = .replay
        #expect(throws: UsageError.self) { try options.agentSpec() }
        options.replay = directory.path + "/missing.json"
        #expect(throws: OperationError.self) { try options.agentSpec() }
        options = TrialOptions()
        options.agent = .teacher
        #expect(try options.agentSpec() == AgentSpec(kind: .teacher, seed: 0), "what is recorded says which")
        options.seed = 7
        #expect(try options.agentSpec().seed == 7)
        options.agent = .follower
        #expect(throws: UsageError.self) { try options.agentSpec() }
        options = TrialOptions()
        options.timeoutMultiplier = 0
        #expect(throws: UsageError.self) { try options.agentSpec() }
    }

    @Test func tasksAreFoundAtAnyDepth() throws {
        let directory = try Directory()
        try directory.write("", to: "suite/b/task.toml")
        try directory.write("", to: "suite/b/tests/inner/task.toml")
        try directory.write("", to: "suite/a/x/task.toml")
        try directory.write("", to: "suite/.hidden/task.toml")
        try directory.write("", to: "empty/file")
        try directory.link("suite/loop", to: ".")
        let root = directory.path
        #expect(
            try TaskLocator.find([root + "/suite", root + "/suite/b"]) == [root + "/suite/a/x", root + "/suite/b"]
        )
        #expect(throws: OperationError.self) { try TaskLocator.find([root + "/empty"]) }
        #expect(throws: OperationError.self) { try TaskLocator.find([root + "/none"]) }
        #expect(throws: OperationError.self) { try TaskLocator.find([root + "/empty/file"]) }
    }
}
