import Testing
import Wire

/// What a client of another language may leave out of a job.
struct JobMethodTests {
    @Test func onlyTasksAndAgentMustBeThere() throws {
        let text =
            #"{"tasks":[{"digest":"sha256:1","name":"t","path":"/t"}],"#
            + #""agent":{"kind":"nop","steps":false,"actions":[]},"retry":{"maximum":2},"options":{"image":"host"}}"#
        let params = try WireJSON.decode(JobCreate.Params.self, from: Array(text.utf8))
        #expect(params.name == nil && params.attempts == 1 && params.concurrency == nil && params.templates.isEmpty)
        #expect(params.agent.seed == nil && params.agent.attempt(3) == params.agent)
        #expect(params.retry == RetryPolicy(maximum: 2) && params.retry.exclude.contains("AgentTimeoutError"))
        #expect(params.options == JobPlan.Options(image: "host"))
        for text in ["{}", #"{"tasks":[]}"#, text.replacing("\"maximum\":2", with: "\"maximum\":\"2\"")] {
            #expect(throws: DecodingError.self, "\(text)") {
                try WireJSON.decode(JobCreate.Params.self, from: Array(text.utf8))
            }
        }
    }

    @Test func plansComeBackAsTheyWere() throws {
        let plan = JobPlan(
            tasks: [JobTask(digest: "sha256:1", name: "t", path: "/t")],
            agent: AgentSpec(kind: .oracle, steps: true),
            attempts: 3,
            concurrency: 2,
            retry: RetryPolicy(maximum: 1, include: ["A"], exclude: [], minimumSeconds: 0.5, multiplier: 3),
            options: JobPlan.Options(verifierMode: .isolated, allowUnenforced: true, timeoutMultiplier: 0.5),
            templateVariables: ["TOKEN"]
        )
        #expect(try WireJSON.decode(JobPlan.self, from: try WireJSON.encode(plan)) == plan)
        let configuration = plan.configuration(of: plan.tasks[0])
        #expect(configuration.taskDigest == "sha256:1" && configuration.agent.steps && configuration.allowUnenforced)
        #expect(configuration.verifierMode == .isolated && configuration.timeoutMultiplier == 0.5)
    }
}
