import FoundationEssentials
import Glibc

/// What container engines supply when they start an image, because archives of images seldom have it: /etc/hosts.
///
/// It lies over the image's root, below everything else, so that tasks and agents can change it.
enum SuppliedFiles {
    private static let hosts = "127.0.0.1\tlocalhost sandbox\n::1\tlocalhost sandbox\n"

    /// Makes the tree below `directory`, or finds it; returns it.
    ///
    /// - Throws: `SandboxError.system` with the path that could not be made.
    static func prepare(in directory: String) throws(SandboxError) -> String {
        let tree = "\(directory)/supplied"
        let etc = "\(tree)/etc"
        do {
            try FileManager.default.createDirectory(atPath: etc, withIntermediateDirectories: true)
            try Data(hosts.utf8).write(to: URL(filePath: "\(etc)/hosts"), options: .atomic)
        } catch {
            throw .system(call: "write \(etc)/hosts: \(error)", errno: EIO)
        }
        for (path, mode) in [(tree, 0o755), (etc, 0o755), ("\(etc)/hosts", 0o644)] as [(String, mode_t)] {
            guard chmod(path, mode) == 0 else { throw .system(call: "chmod \(path)", errno: errno) }
        }
        return tree
    }

    /// Whether an image has no /etc/hosts, or an empty one, as builders leave it where they mounted theirs.
    static func areMissing(in image: Image) -> Bool {
        var status = stat()
        // Where /etc is no directory of the image's own, there is nothing to lay a tree over.
        guard lstat("\(image.root)/etc", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return false }
        guard lstat("\(image.root)/etc/hosts", &status) == 0 else { return errno == ENOENT }
        return status.st_mode & S_IFMT == S_IFREG && status.st_size == 0
    }
}
