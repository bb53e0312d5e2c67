import Wire

/// What any client may put into a request and what the daemon can work with: checked before anything is stored.
enum SubmissionRules {
    /// A century is as good as for ever, and far from what clocks overflow at.
    static let maximumSeconds = 3e9
    private static let maximumNameBytes = 200

    static func check(_ params: TrialSubmit.Params) throws(WireError) {
        let multiplier = params.configuration.timeoutMultiplier
        guard multiplier > 0, multiplier.isFinite else {
            throw invalid("timeoutMultiplier is \(multiplier)", "a number above 0")
        }
        for (index, action) in params.configuration.agent.actions.enumerated() {
            guard !action.argv.isEmpty || action.file != nil else {
                throw invalid("actions[\(index)].argv is empty", "name a program")
            }
            try checkSeconds(action.timeoutSeconds, "actions[\(index)].timeoutSeconds")
        }
        // Labels stand in tables, logs and skills.
        if let label = params.configuration.agent.label, !label.unicodeScalars.allSatisfy(isPrintable) {
            throw invalid("agent.label has control characters", "a name on one line, without them")
        }
        guard let job = params.job else { return }
        guard !job.isEmpty, job.utf8.count <= maximumNameBytes, job.unicodeScalars.allSatisfy(isPrintable) else {
            throw invalid("job is not a name", "1 to \(maximumNameBytes) bytes without control characters")
        }
    }

    static func check(_ limits: SandboxExec.Limits) throws(WireError) {
        try checkSeconds(limits.cpuSeconds, "limits.cpuSeconds")
        try checkSeconds(limits.wallSeconds, "limits.wallSeconds")
        if let cpus = limits.cpus, !(cpus > 0 && cpus <= 4096) {
            throw invalid("limits.cpus is \(cpus)", "a number above 0, at most 4096")
        }
        for (name, value) in [
            ("memoryBytes", limits.memoryBytes), ("processes", limits.processes), ("diskBytes", limits.diskBytes),
            ("inodes", limits.inodes), ("openFiles", limits.openFiles),
        ] {
            guard let value else { continue }
            guard value > 0 else { throw invalid("limits.\(name) is \(value)", "a number above 0") }
        }
    }

    static func checkSeconds(_ seconds: Double?, _ name: String) throws(WireError) {
        guard let seconds else { return }
        guard seconds > 0, seconds <= maximumSeconds else {
            throw invalid("\(name) is \(seconds)", "above 0, at most \(Int(maximumSeconds)); leave it out for no limit")
        }
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && !(0x7f...0x9f).contains(scalar.value)
    }

    private static func invalid(_ cause: String, _ remedy: String) -> WireError {
        WireError(.invalidParams, cause, remedy: remedy)
    }
}
