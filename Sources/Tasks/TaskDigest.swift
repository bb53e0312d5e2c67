import Wire

/// Harbor's content digest of a task, equal to `task.digest` in its lock files.
///
/// SHA-256 over the lines `<path> NUL <SHA-256 of the file> LF` of the published files, sorted by path.
package struct TaskDigest: Sendable, Hashable {
    /// One file of a task.
    package struct File: Sendable, Hashable {
        /// Relative, with slashes.
        package let path: String
        package let bytes: Int
        /// 64 hexadecimal digits.
        package let sha256: String
    }

    /// Bytes that all files of a task may have together.
    static let maximumBytes = 4 << 30

    package let files: [File]
    /// `sha256:` and 64 hexadecimal digits.
    package let text: String

    /// The same for the files of one directory, without `sha256:`.
    func hex(of directory: String) -> String {
        var hash = SHA256()
        for file in files where file.path.hasPrefix(directory) {
            hash.update(Array("\(file.path)\0\(file.sha256)\n".utf8))
        }
        return hash.finalHex()
    }

    init(of directory: TaskDirectory) throws(TaskError) {
        var finder = TaskFiles(in: directory)
        var files: [File] = []
        var outer = SHA256()
        var total = 0
        for path in try finder.published() {
            var (hash, count) = (SHA256(), 0)
            try directory.read(path) { (piece) throws(TaskError) in
                hash.update(piece)
                count += piece.count
                if total + count > Self.maximumBytes {
                    throw .tooLarge("the task has more than \(Self.maximumBytes) bytes")
                }
            }
            total += count
            let file = File(path: path, bytes: count, sha256: hash.finalHex())
            files.append(file)
            outer.update(Array("\(path)\0\(file.sha256)\n".utf8))
        }
        self.files = files
        text = "sha256:" + outer.finalHex()
    }
}
