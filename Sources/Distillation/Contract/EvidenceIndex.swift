/// Everything in a request that an edit may cite.
struct EvidenceIndex {
    private let ids: Set<String>

    init(_ request: DistillRequest) {
        var ids: Set<String> = []
        for run in request.trajectories {
            ids.insert(run.id)
            for action in run.actions { ids.insert("\(run.id)/\(action.id)") }
            for check in run.evidence.checks { ids.insert("\(run.id)/\(check.id)") }
            for check in run.task.publicChecks { ids.insert("\(run.id)/\(check)") }
            for fact in run.environment.facts { ids.insert("\(run.id)/\(fact.id)") }
        }
        // What a maintainer goes by: a skill's own record.
        for skill in request.library.skills { ids.insert("skill:\(skill.id)@\(skill.version)") }
        self.ids = ids
    }

    func contains(_ id: String) -> Bool { ids.contains(id) }
}
