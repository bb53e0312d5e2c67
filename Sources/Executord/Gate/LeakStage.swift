import FoundationEssentials
import Gate
import Reactor
import Skills
import Tasks
import Trajectory
import Wire

/// Stage 4: gathers what is private of the tasks behind a version and of those before it, and what agents saw.
struct LeakStage: GateCheck {
    let stage = GateStage.leak
    private static let maximumFile = 1 << 20
    private static let maximumOutput = 4 << 20

    func finding(on subject: GateSubject) async throws -> GateFinding {
        var sources = LeakCheck.Sources()
        var seen: Set<String> = []
        for source in subject.sources {
            if let events = try? await subject.services.store.events(source.name) {
                sources.visibleText += try await seenIn(events, subject.services.store)
            }
            guard let digest = source.configuration?.taskDigest, seen.insert(digest).inserted else { continue }
            guard let task = source.task else {
                let reason =
                    "the task \(digest) of trial \(source.name) was removed: nobody can tell what is its secret"
                return .init(GateDecision(stage, .waiting, reason))
            }
            try await add(task, withSolution: true, to: &sources, subject.services)
        }
        // Nobody ran those yet for this version: what their tests ask for must not stand in it either.
        for entry in subject.tasks.heldOut + subject.tasks.elsewhere where seen.insert(entry.job.digest).inserted {
            try await add(entry.task, withSolution: false, to: &sources, subject.services)
        }
        return .init(LeakCheck().decision(on: subject.tree, sources))
    }

    private func add(
        _ task: LoadedTask,
        withSolution: Bool,
        to sources: inout LeakCheck.Sources,
        _ services: TrialServices
    ) async throws {
        let place = services.tasks.place(of: task.digest.text) + "/task"
        sources.visibleText += task.stages.map(\.definition.instruction).joined(separator: "\n")
        let files = try await onOwnThread { try Self.texts(below: place) }
        for (path, text) in files {
            let parts = path.split(separator: "/")
            // `tests/…` of the task, `steps/NAME/tests/…` of a step.
            let top = parts.first == "steps" ? parts.dropFirst(2).first : parts.first
            switch top {
            case "tests": sources.privateTexts.append(("\(task.definition.name), \(path)", text ?? ""))
            case "solution":
                if withSolution { sources.privateTexts.append(("\(task.definition.name), \(path)", text ?? "")) }
            case "environment", "workdir": sources.visibleText += "\n\(path)\n\(text ?? "")"
            default: break
            }
        }
    }

    /// Every file by its path; nil where it is no text, or too long.
    private static func texts(below place: String) throws -> [(path: String, text: String?)] {
        let files = FileManager.default
        return try files.subpathsOfDirectory(atPath: place).sorted().compactMap { path in
            guard let data = files.contents(atPath: "\(place)/\(path)") else { return nil }
            return (path, data.count > maximumFile ? nil : String(validating: data, as: UTF8.self))
        }
    }

    /// What an agent typed and read: its actions and their outputs.
    private func seenIn(_ events: [TrialEvent], _ store: Store) async throws -> String {
        var text = ""
        for event in events {
            guard case .action(let record) = event.body, record.phase == .agent else { continue }
            text += "\n\(record.request.argv.joined(separator: " "))\n\(record.request.file?.content?.text ?? "")"
            text += "\n\(record.request.file?.path ?? "")"
            for output in [record.stdout, record.stderr] where text.utf8.count < Self.maximumOutput {
                let kept = try? await store.bytes(of: output, from: 0, limit: Self.maximumFile).bytes
                text += "\n" + (kept.map { String(decoding: $0, as: UTF8.self) } ?? output.head + "\n" + output.tail)
            }
        }
        return text
    }
}
