import Skills
import Wire

// The library's values in the wire's words.

extension SkillRow {
    init(_ version: SkillVersion, description: String) {
        self.init(
            name: version.reference.skill,
            version: version.reference.version,
            digest: version.digest,
            state: version.state.rawValue,
            tier: version.tier.name,
            description: description,
            scope: version.scope.words,
            source: version.proposal.source,
            addedAt: version.addedAt
        )
    }
}

extension SkillScope {
    /// As in `family csv-dialect-repair, not role infrastructure`; empty is everywhere.
    var words: String {
        func words(_ terms: Terms, _ prefix: String) -> [String] {
            [("family", terms.families), ("role", terms.roles), ("model", terms.models)].compactMap { name, values in
                values.isEmpty ? nil : "\(prefix)\(name) \(values.joined(separator: " or "))"
            }
        }
        return (words(include, "") + words(exclude, "not ")).joined(separator: ", ")
    }
}

extension SkillStep {
    init(_ event: SkillEvent) {
        self.init(
            number: event.number,
            at: event.at,
            actor: event.actor,
            version: event.reference.version,
            from: event.from?.rawValue,
            to: event.to.rawValue,
            tier: event.tier.name,
            reason: event.reason,
            digests: event.digests
        )
    }
}

extension SkillProblem {
    init(_ finding: SkillFinding) {
        self.init(
            rule: finding.rule.rawValue,
            file: finding.file,
            line: finding.line,
            cause: finding.cause,
            remedy: finding.rule.remedy,
            isBinding: finding.rule.isBinding
        )
    }
}

extension SkillSnapshots.Snapshot {
    init(_ record: SnapshotRecord) {
        self.init(
            number: record.number,
            digest: record.digest,
            at: record.at,
            actor: record.actor,
            reason: record.reason
        )
    }
}

extension SkillDiff.Result {
    init(_ difference: SnapshotDifference) {
        func text(_ entry: LibrarySnapshot.Entry) -> String {
            let scope = entry.scope.words
            return
                "\(entry.reference) (\(entry.state.rawValue), \(entry.tier.name)\(scope.isEmpty ? "" : ", " + scope))"
        }
        self.init(
            added: difference.added.map(text),
            removed: difference.removed.map(text),
            changed: difference.changed.map { [text($0.from), text($0.to)] }
        )
    }
}
