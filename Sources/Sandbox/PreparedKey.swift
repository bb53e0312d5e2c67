import Glibc

/// What decides what stands in a sandbox until its first program: two of the same key cannot be told apart from inside but
/// by their ids.
///
/// nil where that is not known beforehand: what somebody may change meanwhile, what is a trial's alone, a way to the
/// Internet, which a process outside gives.
package struct PreparedKey: Sendable, Hashable {
    package let order: SandboxOrder
    /// What was found at the host's paths.
    private let sources: [Source]

    /// A directory on the host: another one of that name, or one whose root has changed, is not the same.
    private struct Source: Hashable {
        let device: dev_t
        let number: ino_t
        let seconds: Int
        let nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, number) = (status.st_dev, status.st_ino)
            (seconds, nanoseconds) = (status.st_ctim.tv_sec, status.st_ctim.tv_nsec)
        }
    }

    package init?(_ order: SandboxOrder) {
        let form = order.form
        guard !form.image.canChange, !form.mayMeetChanges, form.mounts.allSatisfy(\.isNew), !form.network.isOpen else {
            return nil
        }
        var sources: [Source] = []
        for path in [form.image.root] + form.image.trees.values.sorted() + form.additions {
            guard let source = Source(path) else { return nil }
            sources.append(source)
        }
        self.order = order
        self.sources = sources
    }

    /// Whether the host still has what it had.
    var isCurrent: Bool { PreparedKey(order) == self }
}

extension SandboxForm {
    /// A directory that is made where the host has none may be there a moment later.
    fileprivate var mayMeetChanges: Bool {
        missingDirectories.contains { path in
            image.trees.keys.contains { path == $0 || path.hasPrefix($0 + "/") }
        }
    }
}

extension PolicyMount {
    /// Begins empty, and shows nothing of anybody's.
    fileprivate var isNew: Bool { if case .fresh = source { true } else { false } }
}

extension SandboxNetwork {
    fileprivate var isOpen: Bool { if case .open = self { true } else { false } }
}
