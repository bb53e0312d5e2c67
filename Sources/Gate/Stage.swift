/// The tests that a version of a skill has to pass, in their order, before agents get it for good.
package enum GateStage: Int, Sendable, Hashable, Codable, CaseIterable {
    case lint = 1
    case shape
    case evidence
    case leak
    case staticAudit
    case behaviour
    case router
    case sourceReplay
    case heldOut
    case transfer
    case canary
    case active

    /// From 1.
    package var number: Int { rawValue }

    /// One or two words for tables.
    package var name: String { description.name }

    /// What the stage answers.
    package var question: String { description.question }

    private var description: (name: String, question: String) {
        switch self {
        case .lint: ("lint", "Is it a valid skill?")
        case .shape: ("shape", "Is it made for what is there now, and small enough a change?")
        case .evidence: ("evidence", "Do passing runs show what it says?")
        case .leak: ("leak", "Does it tell anything that only tests or solutions know?")
        case .staticAudit: ("static audit", "Does its text ask for no more than it may?")
        case .behaviour: ("behaviour", "Do its programs do no more than it declares?")
        case .router: ("router", "Is it found, and takes no other skill's place?")
        case .sourceReplay: ("source replay", "Does it help where it was learnt?")
        case .heldOut: ("held-out", "Does it help where it was not learnt?")
        case .transfer: ("transfer", "Does it do harm elsewhere?")
        case .canary: ("canary", "What does it do to a share of real trials?")
        case .active: ("active", "Is it still worth its place?")
        }
    }
}

/// What one stage said of one version, and on what grounds.
package struct GateDecision: Sendable, Hashable, Codable {
    package enum Outcome: String, Sendable, Hashable, Codable {
        case passed, failed
        /// There was nothing to ask; the reason says why.
        case skipped
        /// It cannot be said yet; the reason says what is missing.
        case waiting
    }

    package let stage: GateStage
    package let outcome: Outcome
    /// For people.
    package let reason: String
    /// What was measured, by name.
    package let figures: [String: Double]
    /// What was judged, by name: the version's tree, tasks, jobs.
    package var digests: [String: String]

    package init(
        _ stage: GateStage,
        _ outcome: Outcome,
        _ reason: String,
        figures: [String: Double] = [:],
        digests: [String: String] = [:]
    ) {
        self.stage = stage
        self.outcome = outcome
        self.reason = reason
        self.figures = figures
        self.digests = digests
    }

    /// Whether the next stage is asked.
    package var goesOn: Bool { outcome == .passed || outcome == .skipped }
}
