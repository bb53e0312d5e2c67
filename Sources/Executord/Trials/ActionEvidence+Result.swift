import CLinux
import Sandbox
import SandboxPlan
import Wire

extension ActionEvidence {
    /// nil when nothing was seen, and when nothing could be.
    init?(_ result: ActionResult, skills: [SkillOpening] = []) {
        let files = result.changes.map(FileChanges.init)
        let denied = result.denied.map { DeniedCall.list($0) } ?? []
        guard files != nil || !denied.isEmpty || !skills.isEmpty else { return nil }
        self.init(files: files, denied: denied.isEmpty ? nil : denied, skills: skills.isEmpty ? nil : skills)
    }
}

extension FileChanges {
    fileprivate init(_ changes: LayerChanges) {
        func texts(_ paths: [[UInt8]]) -> [String]? { paths.isEmpty ? nil : paths.map(printable).sorted() }
        self.init(
            created: texts(changes.created),
            modified: texts(changes.modified),
            deleted: texts(changes.deleted),
            unlisted: changes.unlisted > 0 ? Int(changes.unlisted) : nil,
            shared: changes.isShared ? true : nil
        )
    }
}

extension DeniedCall {
    /// The most frequent first.
    fileprivate static func list(_ counts: [DeniedCalls.Kind: Int]) -> [DeniedCall] {
        counts.map { kind, count in
            DeniedCall(kind.call, errno: name(of: kind.errno), count: count)
        }.sorted { ($1.count, $0.call, $0.errno) < ($0.count, $1.call, $1.errno) }
    }

    private static func name(of errno: Int) -> String {
        clinux_error_name(CInt(errno)).map { String(cString: $0) } ?? "\(errno)"
    }
}
