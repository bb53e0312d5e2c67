import Client
import Wire

/// The exit statuses of every verb but `exec`; see `executorctl --help`.
enum ExitStatus {
    static let done: CInt = 0
    static let operationFailed: CInt = 1
    static let unreachable: CInt = 3
    static let failed: CInt = 4
    static let unverifiable: CInt = 5

    /// The status of an error that ended a verb.
    static func of(_ error: any Error) -> CInt {
        (error as? ClientError)?.isUnreachable == true ? unreachable : operationFailed
    }

    static func of(_ outcome: VerdictOutcome) -> CInt {
        switch outcome {
        case .passed: done
        case .failed: failed
        case .unverifiable: unverifiable
        }
    }

    /// A trial's last state; without a verdict the operation failed.
    static func of(_ summary: TrialSummary) -> CInt {
        summary.outcome.map { of($0) } ?? operationFailed
    }

    /// A job's: the worst of its trials'.
    static func of(_ job: JobSummary) -> CInt {
        let progress = job.progress
        let isWhole = progress.passed + progress.failed + progress.unverifiable == progress.total
        if !isWhole { return operationFailed }
        return progress.unverifiable > 0 ? unverifiable : progress.failed > 0 ? failed : done
    }

    /// Of several, the one that a caller must hear of first: what did not work, then what could not be judged.
    static func worst(_ statuses: [CInt]) -> CInt {
        let order = [done, failed, unverifiable, operationFailed, unreachable]
        return statuses.max { (order.firstIndex(of: $0) ?? 0) < (order.firstIndex(of: $1) ?? 0) } ?? done
    }
}

/// An operation of the client itself that failed.
struct OperationError: Error, CustomStringConvertible {
    var cause: String
    var remedy: String?

    var description: String { cause + (remedy.map { "\n  remedy: \($0)" } ?? "") }
}
