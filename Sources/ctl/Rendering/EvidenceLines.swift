import CommandLineKit
import Wire

/// What an action did to its sandbox, below the action's line.
enum EvidenceLines {
    static func lines(_ evidence: ActionEvidence) -> [Line] {
        var lines: [Line] = []
        if let files = evidence.files, !files.isEmpty { lines.append(changes(files)) }
        if let denied = evidence.denied {
            lines.append(Line("         refused: " + calls(denied), .yellow).cut())
        }
        if let skills = evidence.skills {
            let files = skills.map { "\($0.skill)/\($0.file)" }.joined(separator: ", ")
            lines.append(Line("         opened: " + files, .dim).cut())
        }
        return lines
    }

    /// As in `mount (EPERM), ptrace (EPERM, 3 times)`.
    static func calls(_ denied: [DeniedCall]) -> String {
        denied.map { "\($0.call) (\($0.errno)\($0.count > 1 ? ", \($0.count) times" : ""))" }.joined(separator: ", ")
    }

    /// A few paths of each kind; the rest as a number, before them, where a narrow terminal does not cut it off.
    private static func changes(_ files: FileChanges) -> Line {
        let all = [("+", files.created), ("~", files.modified), ("-", files.deleted)].flatMap { sign, paths in
            (paths ?? []).map { sign + $0 }
        }
        let count = all.count + (files.unlisted ?? 0)
        let head = count > shownPaths ? "\(count) files: " : ""
        let tail = count > shownPaths ? " …" : ""
        let shared = files.shared == true ? " (other actions ran meanwhile)" : ""
        return Line("         " + head + all.prefix(shownPaths).joined(separator: " ") + tail + shared, .dim).cut()
    }

    private static let shownPaths = 6
}
