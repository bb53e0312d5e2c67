import Gate
import Skills
import Wire

/// All that makes a test of stage 9 this test: with another value anywhere it is another one, and spends a share of its own.
///
/// The user is in it because jobs belong to users, and are found by their names. The values of templates are not: they may
/// be secrets, of which nothing is kept.
struct TestPlan: Encodable {
    private let user: UInt32
    private let version: String
    /// The version that the other side has.
    private let served: String?
    private let heldOut: [String]
    /// Another test of stage 10 would need another job.
    private let elsewhere: [String]
    private let agent: AgentSpec
    private let attempts: Int
    private let seed: Int
    private let alpha: Double
    private let gain: Double
    private let options: JobPlan.Options

    /// Nil where no trials are run that cost a share of the budget: there is nothing to take up.
    init?(_ subject: GateSubject) {
        let params = subject.params
        guard !params.dryRun, params.with == nil, let agent = params.agent, !subject.tasks.heldOut.isEmpty,
            !subject.version.proposal.isRefactoring
        else { return nil }
        user = subject.caller.user
        version = subject.version.digest
        served = subject.served?.version.digest
        heldOut = subject.tasks.heldOut.map(\.job.digest)
        elsewhere = subject.tasks.elsewhere.map(\.job.digest)
        self.agent = agent
        (attempts, seed, alpha, gain) = (params.attempts, params.seed, params.alpha, params.gain)
        options = params.options
    }

    func digest() throws -> String { "sha256:" + SHA256.hex(of: try WireJSON.encode(self)) }
}

extension GateSubject {
    /// The digest of what stage 9 is to test; nil where nothing could be taken up.
    func plan() throws -> String? { try TestPlan(self)?.digest() }

    /// Goes on as the run that began the same test and was cut off, if there is one: it has that one's name and jobs.
    mutating func takeUp() async throws {
        guard let plan = try plan(),
            let begun = try await library.cutOffTest(plan, on: reference, stage: .heldOut), let run = begun.run
        else { return }
        (self.run, self.begun) = (run, begun)
    }
}
