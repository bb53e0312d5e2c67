import Skills
import Wire

/// The control: passing runs as they were, cut down by rule; a distiller that does not beat it distils nothing.
package struct RawDistiller: Distiller {
    package static let version = "1.0.0"

    package init() {}

    package var info: DistillerInfo {
        DistillerInfo(
            name: "raw",
            version: Self.version,
            capabilities: .init(operations: [.create, .replace], deterministic: true)
        )
    }

    package func distill(_ request: DistillRequest, context: DistillContext) async throws -> DistillResponse {
        let passing = request.trajectories.filter { $0.evidence.verdict == .pass }
        let family = request.scope.family ?? passing.map(\.task.family).min()
        // In the order of time; of a request without times in that of the ids.
        let runs = passing.filter { $0.task.family == family }.sorted { left, right in
            (left.started?.milliseconds ?? 0, left.id) < (right.started?.milliseconds ?? 0, right.id)
        }
        var notes: [DistillResponse.Note] = []
        var proposals: [DistillResponse.Proposal] = []
        if let family, !runs.isEmpty {
            if let proposal = proposal(request, family: family, runs: runs, notes: &notes) {
                proposals.append(proposal)
            }
        } else {
            notes.append(.init(text: "no proposal: no run of the family passed"))
        }
        return DistillResponse(
            schema: DistillResponse.schema,
            requestID: request.requestID,
            plugin: .init(name: info.name, version: info.version, deterministic: true),
            proposals: proposals,
            notes: notes
        )
    }

    private func proposal(
        _ request: DistillRequest,
        family: String,
        runs: [DistillRequest.Trajectory],
        notes: inout [DistillResponse.Note]
    ) -> DistillResponse.Proposal? {
        let name = SkillName.kebab(family, suffix: "-runs")
        let held = request.library.skills.first { $0.id == name }
        guard held != nil || request.policy.maxNewSkills > 0 else {
            notes.append(.init(text: "no proposal: \(name) would be new, and the policy allows no new skill"))
            return nil
        }
        // The latest, so that a long history does not hide what works now; a file each.
        let shown = runs.suffix(max(0, request.policy.maxEdits - 1))
        if shown.count < runs.count { notes.append(.init(text: "\(runs.count - shown.count) earlier runs left out")) }
        var files: [(path: String, text: String, runs: [DistillRequest.Trajectory])] = []
        for (number, run) in shown.enumerated() {
            let text = file(of: run, lines: request.policy.maxReferenceLines)
            files.append(("references/run-\(number + 1).md", text, [run]))
        }
        files.insert((SkillTree.mainFile, main(name, family, files.map { ($0.path, $0.runs[0]) }), Array(shown)), at: 0)
        let present = Dictionary((held?.files ?? []).map { ($0.path, $0.text) }) { first, _ in first }
        let edits = files.compactMap { file in edit(of: file.path, file.text, runs: file.runs, present: present) }
        guard !edits.isEmpty else {
            notes.append(.init(text: "no proposal: \(name) has these runs already"))
            return nil
        }
        return DistillResponse.Proposal(
            id: "p1",
            operation: held == nil ? .create : .replace,
            skills: [name],
            base: held.map { [name: $0.digest] } ?? [:],
            rationale: "passing runs as they were, in the order of time",
            support: .init(
                trajectories: shown.map(\.id),
                tasks: Set(shown.map(\.task.id)).count,
                models: Set(shown.map(\.agent.model)).count
            ),
            edits: edits,
            applicability: .init(include: .init(families: [family])),
            predicts: .init(metric: "pass", direction: .up, tasks: Set(shown.map(\.task.id)).sorted())
        )
    }

    /// Makes the file, or puts it in the place of what is there: the heading stays, and what is below it is replaced.
    private func edit(
        of path: String,
        _ text: String,
        runs: [DistillRequest.Trajectory],
        present: [String: String?]
    ) -> SkillEdit? {
        let evidence = runs.map(\.id).sorted()
        guard let held = present[path] else {
            return SkillEdit(file: path, .create, content: text, evidence: evidence, kind: .example)
        }
        guard let held, held != text, let title = Self.title(of: held) else { return nil }
        return SkillEdit(
            file: path,
            .replaceInSection,
            targetSection: title,
            content: Self.belowTitle(text),
            evidence: evidence,
            kind: .example
        )
    }

    private static func title(of text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
    }

    private static func belowTitle(_ text: String) -> String {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let heading = lines.firstIndex(where: { $0.hasPrefix("# ") }) else { return text }
        return lines[(heading + 1)...].joined(separator: "\n")
    }

    private func main(_ name: String, _ family: String, _ files: [(path: String, run: DistillRequest.Trajectory)])
        -> String
    {
        let links = files.map { "- [\($0.path)](\($0.path)): task \($0.run.task.id.withoutBackquotes)" }
        return """
            ---
            name: \(name)
            description: \(SkillName.description("Use when a task is of the kind \(family). Recorded runs that passed."))
            metadata:
              distiller: raw \(Self.version)
            ---

            # \(name)

            Runs of this kind of task that passed, cut down by rule and otherwise as they were, the earliest first:

            \(links.joined(separator: "\n"))

            """
    }

    /// A run in a fence that it cannot close, within the lines that a reference may have.
    private func file(of run: DistillRequest.Trajectory, lines limit: Int) -> String {
        let text = run.compact?.text ?? Compaction.compact(run).text
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let room = max(2, limit - 10)
        if lines.count > room {
            let half = room / 2
            lines = lines.prefix(half) + ["[\(lines.count - 2 * half) lines left out]"] + lines.suffix(half)
        }
        var fence = "```"
        while lines.contains(where: { $0.contains(fence) }) { fence += "`" }
        return """
            # Run of \(run.task.id.withoutBackquotes)

            \(fence)text
            \(lines.joined(separator: "\n"))
            \(fence)

            """
    }
}
