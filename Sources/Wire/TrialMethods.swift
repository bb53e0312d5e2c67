/// Queues one trial of an uploaded task; once it is answered, the submission survives a crash.
package enum TrialSubmit: Method {
    package static let name = "trial.submit"
    package struct Params: Codable, Sendable {
        package var configuration: TrialConfiguration
        /// Values of the host variables that the task's templates name; neither stored nor exported.
        package var templates: [String: String]
        /// The trial is cancelled when this connection ends.
        package var attached: Bool
        /// Trials of one `run` or `submit` share a job name; nil makes one.
        package var job: String?
        package init(
            configuration: TrialConfiguration,
            templates: [String: String] = [:],
            attached: Bool = false,
            job: String? = nil
        ) {
            self.configuration = configuration
            self.templates = templates
            self.attached = attached
            self.job = job
        }
    }
    package struct Result: Codable, Sendable {
        package var trial: String
        package var job: String
        package var warnings: [String]
        package init(trial: String, job: String, warnings: [String]) {
            self.trial = trial
            self.job = job
            self.warnings = warnings
        }
    }
}

/// The newest trials first.
package enum TrialList: Method {
    package static let name = "trial.list"
    package struct Params: Codable, Sendable {
        package var limit: Int
        package var phase: TrialPhase?
        package var job: String?
        package init(limit: Int = 50, phase: TrialPhase? = nil, job: String? = nil) {
            self.limit = limit
            self.phase = phase
            self.job = job
        }
    }
    package struct Result: Codable, Sendable {
        package var trials: [TrialSummary]
        /// How many there are in all.
        package var total: Int
        package init(trials: [TrialSummary], total: Int) {
            self.trials = trials
            self.total = total
        }
    }
}

/// The trial that a call is about: its name, or a unique prefix or suffix of it.
package struct TrialReference: Codable, Sendable {
    package var trial: String
    package init(trial: String) { self.trial = trial }
}

package enum TrialGet: Method {
    package static let name = "trial.get"
    package typealias Params = TrialReference
    package typealias Result = TrialDetail
}

package enum TrialCancel: Method {
    package static let name = "trial.cancel"
    package typealias Params = TrialReference
    package typealias Result = TrialSummary
}

/// Events from a sequence number on, then live: the reply first, then `trial.event` notifications until the trial has ended.
package enum TrialWatch: Method {
    package static let name = "trial.watch"
    package struct Params: Codable, Sendable {
        package var trial: String
        /// The first sequence number wanted; 1 is the beginning.
        package var from: Int
        package init(trial: String, from: Int = 1) {
            self.trial = trial
            self.from = from
        }
    }
    package struct Result: Codable, Sendable {
        package var summary: TrialSummary
        package init(summary: TrialSummary) { self.summary = summary }
    }
}

/// One event of a watched trial.
package enum TrialEventNotification: NotificationKind {
    package static let name = "trial.event"
    package struct Params: Codable, Sendable {
        package var trial: String
        /// nil once: the trial has ended, and `summary` is its last state.
        package var event: TrialEvent?
        package var summary: TrialSummary?
        package init(trial: String, event: TrialEvent?, summary: TrialSummary? = nil) {
            self.trial = trial
            self.event = event
            self.summary = summary
        }
    }
}

/// The kept bytes of one action's output, whole.
package enum TrialOutput: Method {
    package static let name = "trial.output"
    package struct Params: Codable, Sendable {
        package var trial: String
        /// The action's number.
        package var action: Int
        /// `stdout` or `stderr`.
        package var stream: String
        package var offset: Int
        package init(trial: String, action: Int, stream: String, offset: Int = 0) {
            self.trial = trial
            self.action = action
            self.stream = stream
            self.offset = offset
        }
    }
    package struct Result: Codable, Sendable {
        /// At most 256 KiB from `offset`, as text when it is UTF-8.
        package var text: String?
        /// Otherwise in base64.
        package var base64: String?
        /// Where to go on; nil at the end.
        package var nextOffset: Int?
        package init(text: String?, base64: String?, nextOffset: Int?) {
            self.text = text
            self.base64 = base64
            self.nextOffset = nextOffset
        }
    }
}

/// Runs the verifier again on the frozen layer, `repeats` times, and says whether it agrees with itself.
package enum TrialVerify: Method {
    package static let name = "trial.verify"
    package struct Params: Codable, Sendable {
        package var trial: String
        package var repeats: Int
        /// Values of the host variables that `[verifier.env]` names.
        package var templates: [String: String]
        package init(trial: String, repeats: Int = 1, templates: [String: String] = [:]) {
            self.trial = trial
            self.repeats = repeats
            self.templates = templates
        }
    }
    package struct Result: Codable, Sendable {
        package var trial: String
        /// What was stored at the end of the trial.
        package var original: Verdict
        package var runs: [Verdict]
        /// All runs and the original have the same outcome, rewards and per-test results.
        package var deterministic: Bool
        /// What differed, in words; empty when deterministic.
        package var disagreements: [String]
        package init(
            trial: String,
            original: Verdict,
            runs: [Verdict],
            deterministic: Bool,
            disagreements: [String]
        ) {
            self.trial = trial
            self.original = original
            self.runs = runs
            self.deterministic = deterministic
            self.disagreements = disagreements
        }
    }
}

/// Writes trials in Harbor's job layout as a tar stream into the one descriptor passed with the frame.
package enum TrialExport: Method {
    package static let name = "trial.export"
    package struct Params: Codable, Sendable {
        /// Trial names; with `job`, all of that job.
        package var trials: [String]
        package var job: String?
        /// Where the client unpacks the stream, absolute, for the URIs in the results.
        package var destination: String?
        package init(trials: [String], job: String? = nil, destination: String? = nil) {
            self.trials = trials
            self.job = job
            self.destination = destination
        }
    }
    package struct Result: Codable, Sendable {
        /// The job directory's name at the top of the tar.
        package var directory: String
        package var trials: Int
        package init(directory: String, trials: Int) {
            self.directory = directory
            self.trials = trials
        }
    }
}
