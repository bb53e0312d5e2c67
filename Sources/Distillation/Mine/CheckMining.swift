/// How passing runs looked whether they were done (step 7).
enum CheckMining {
    /// Probes after the last change that enough passing runs share; one instance for each run; sorted by shape.
    static func probes(in runs: [MinedRun], minimumSupport: Int) -> [[StatementTemplate.Instance]] {
        let successes = runs.filter(\.succeeded)
        var found: [String: [String: StatementTemplate.Instance]] = [:]
        for run in successes {
            let lastChange = run.actions.last { $0.isEffectful && !$0.failed }?.position ?? -1
            for action in run.actions where action.position > lastChange && !action.failed {
                for statement in action.statements where !statement.isEffectful && !isIdle(statement) {
                    found[statement.shape, default: [:]][run.id] = .init(
                        run: run.id,
                        position: action.position * 1_000,
                        reference: action.reference,
                        statement: statement
                    )
                }
            }
        }
        let least = Contrast.leastSupport(of: successes.count, minimum: minimumSupport)
        return found.filter { $0.value.count >= least }.sorted { $0.key < $1.key }.map { _, byRun in
            TemplateMaker.agreeing(byRun.values.sorted { $0.run < $1.run })
        }
        .filter { $0.count >= minimumSupport }
    }

    /// The public checks of the family's tasks, sorted.
    static func publicChecks(in runs: [MinedRun]) -> [String] {
        Set(runs.flatMap(\.source.task.publicChecks)).sorted()
    }

    /// Says nothing about the result.
    private static func isIdle(_ statement: MinedStatement) -> Bool {
        statement.heads.allSatisfy { ["echo", "true", "pwd", "date", "printf"].contains($0) }
    }

    /// Facts that every passing run had, as `key = value`, sorted, with who had them.
    static func facts(in runs: [MinedRun]) -> [(text: String, evidence: [String])] {
        let successes = runs.filter(\.succeeded)
        var found: [String: [String]] = [:]
        for run in successes {
            for fact in run.source.environment.facts {
                found["\(fact.key) = \(fact.value.plainText)", default: []].append("\(run.id)/\(fact.id)")
            }
        }
        return found.filter { $0.value.count == successes.count }.sorted { $0.key < $1.key }.map {
            ($0.key, $0.value.sorted())
        }
    }
}
