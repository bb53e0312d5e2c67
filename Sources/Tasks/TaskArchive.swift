/// A task directory on its way to the daemon: a tar stream of what makes up the task.
package enum TaskArchive {
    /// What is sent; anything else in the directory (repositories, job results) stays at home.
    private static let names =
        ["task.toml", "instruction.md", "README.md", "trajectory.json", ".gitignore"] + TaskFiles.directories

    /// Writes the task in `directory` to `descriptor`, which stays open; the digest is the same on the other side.
    package static func pack(_ directory: String, to descriptor: CInt) throws(ArchiveError) {
        try TreeArchive.pack(directory, only: names, to: descriptor, limits: ArchiveLimits())
    }

    /// Unpacks a task into `destination`, which must be absent or an empty directory; all of it or nothing.
    package static func unpack(from descriptor: CInt, to destination: String) throws(ArchiveError) {
        try TreeArchive.unpack(from: descriptor, to: destination)
    }
}
