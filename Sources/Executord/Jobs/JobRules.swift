import Trajectory
import Wire

/// What a job may ask for, and what follows the end of one of its trials; pure.
enum JobRules {
    /// More in one job is a mistake, or several jobs.
    static let maximumTrials = 100_000
    private static let maximumRetries = 1000

    /// The plan of a job, checked but for its tasks.
    static func plan(_ params: JobCreate.Params, defaultConcurrency: Int) throws(WireError) -> JobPlan {
        guard let first = params.tasks.first else { throw invalid("tasks is empty", "name at least one task") }
        guard params.attempts > 0 else { throw invalid("attempts is \(params.attempts)", "at least 1") }
        let (trials, overflow) = params.tasks.count.multipliedReportingOverflow(by: params.attempts)
        guard !overflow, trials <= maximumTrials else {
            throw invalid(
                "\(params.tasks.count) tasks with \(params.attempts) attempts",
                "at most \(maximumTrials) trials"
            )
        }
        let concurrency = params.concurrency ?? defaultConcurrency
        guard concurrency > 0 else { throw invalid("concurrency is \(concurrency)", "at least 1") }
        try check(params.retry)
        guard params.agent.actions.allSatisfy(\.environment.values.isEmptyOfValues) else {
            throw invalid(
                "the replayed actions have environment values, which are not stored",
                "put them into the actions' commands or the task"
            )
        }
        let plan = JobPlan(
            tasks: params.tasks,
            agent: params.agent,
            attempts: params.attempts,
            concurrency: concurrency,
            retry: params.retry,
            options: params.options
        )
        try SubmissionRules.check(TrialSubmit.Params(configuration: plan.configuration(of: first), job: params.name))
        return plan
    }

    private static func check(_ retry: RetryPolicy) throws(WireError) {
        guard (0...maximumRetries).contains(retry.maximum) else {
            throw invalid("retry.maximum is \(retry.maximum)", "0 to \(maximumRetries)")
        }
        for (name, value) in [("minimumSeconds", retry.minimumSeconds), ("maximumSeconds", retry.maximumSeconds)] {
            guard (0...SubmissionRules.maximumSeconds).contains(value) else {
                throw invalid("retry.\(name) is \(value)", "0 to \(Int(SubmissionRules.maximumSeconds))")
            }
        }
        guard retry.multiplier >= 1, retry.multiplier.isFinite else {
            throw invalid("retry.multiplier is \(retry.multiplier)", "at least 1")
        }
    }

    /// One error that names every refused task.
    static func refusal(_ refusals: [(task: String, error: WireError)], of count: Int) -> WireError {
        guard refusals.count > 1 || count > 1, let first = refusals.first else {
            return refusals.first?.error ?? WireError(.taskRefused, "a task was refused")
        }
        let shown = refusals.prefix(20).map { "\($0.task): \($0.error.message)" }
        let more = refusals.count > shown.count ? ["and \(refusals.count - shown.count) more"] : []
        return WireError(
            .taskRefused,
            "\(refusals.count) of \(count) tasks cannot be run here: " + (shown + more).joined(separator: "; "),
            reason: first.error.data.reason,
            remedy: (first.error.data.remedy.map { "\($0); or " } ?? "") + "leave these tasks out"
        )
    }

    /// The next try of an attempt.
    struct NextTry: Equatable {
        var waitSeconds: Double
        /// It is one of the policy's retries.
        var counts: Bool
    }

    /// So often an attempt is tried again by itself after the daemon's end; `job resume` goes on after that.
    static let maximumInterruptions = 20

    /// Whether there is another try after one that has ended.
    ///
    /// What was cut off with the daemon goes on, unless it always is: it may be what ends the daemon. What somebody cancelled
    /// does not; the rest is the policy's, by the exception, whatever the verdict beside it: as Harbor does it.
    static func nextTry(after ended: EndedTry, policy: RetryPolicy) -> NextTry? {
        switch ended.phase {
        case .interrupted:
            let before = ended.number - 1 - ended.retries
            return before < maximumInterruptions ? NextTry(waitSeconds: 0, counts: false) : nil
        case .finished, .errored:
            guard let exception = ended.exception, policy.retries(exception, after: ended.retries) else { return nil }
            return NextTry(waitSeconds: policy.wait(after: ended.retries), counts: true)
        case .cancelled, .queued, .starting, .agent, .freezing, .verifying: return nil
        }
    }

    private static func invalid(_ cause: String, _ remedy: String) -> WireError {
        WireError(.invalidParams, cause, remedy: remedy)
    }
}

extension Dictionary<String, String>.Values {
    fileprivate var isEmptyOfValues: Bool { allSatisfy(\.isEmpty) }
}
