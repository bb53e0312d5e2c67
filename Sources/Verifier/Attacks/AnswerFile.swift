/// A file that the reference solution wrote, as its frozen layer has it.
package struct AnswerFile: Sendable, Hashable {
    /// Absolute, inside.
    package var path: String
    package var size: Int
    /// Its content; nil of one that is too large to be written again.
    package var bytes: [UInt8]?

    package init(path: String, size: Int, bytes: [UInt8]?) {
        self.path = path
        self.size = size
        self.bytes = bytes
    }

    /// Places for what programs keep for themselves: no answer is looked for there.
    private static let scratch = [
        "/tmp/", "/var/tmp/", "/var/cache/", "/var/log/", "/var/lib/apt/", "/var/lib/dpkg/", "/run/", "/root/.cache/",
        "/logs/", "/solution/", "/tests/",
    ]

    /// Whether it is kept by a program for itself.
    var isScratch: Bool {
        Self.scratch.contains { path.hasPrefix($0) } || path.contains("/__pycache__/") || path.contains("/.git/")
    }

    /// Whether the instruction tells of it, by its path or its name.
    func isNamed(in instruction: String) -> Bool {
        instruction.contains(path) || path.split(separator: "/").last.map { instruction.contains($0) } ?? false
    }
}
