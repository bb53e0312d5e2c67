import Glibc

/// A read-only root file system: the trees it is put together from.
package struct Image: Sendable, Hashable {
    /// What people call it: `host`, or the path of a directory.
    package var name: String
    /// The directory that becomes `/`.
    package var root: String
    /// Host directories that are laid over the root read-mostly, by target: for the host image `/usr`.
    package var trees: [String: String]

    /// The daemon has put the root together itself: it is small and never changes, so that it may be copied.
    package var isComposed: Bool
    /// What programs in it find unless a task says otherwise.
    package var settings: ImageSettings

    package init(
        name: String,
        root: String,
        trees: [String: String],
        isComposed: Bool = false,
        settings: ImageSettings = ImageSettings()
    ) {
        self.name = name
        self.root = root
        self.trees = trees
        self.isComposed = isComposed
        self.settings = settings
    }

    /// Any directory that holds a root file system.
    package static func directory(_ path: String) -> Image {
        Image(name: directoryPrefix + path, root: path, trees: [:])
    }

    /// It is a directory of somebody's, and not of the daemon's keeping.
    var canChange: Bool { name.hasPrefix(Self.directoryPrefix) }

    private static let directoryPrefix = "dir:"

    /// Where the host has what is at an absolute path inside; links on the way are not followed.
    package func hostPath(_ inside: String) -> String {
        for (target, source) in trees where inside == target || inside.hasPrefix(target + "/") {
            return source + inside.dropFirst(target.count)
        }
        return root + inside
    }

    /// The directories of programs and libraries beside /usr as the image has them, to be laid over what an agent made
    /// of them; where the image has a link to a directory, that directory.
    package var systemDirectories: [PolicyMount] {
        ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"].compactMap { name in
            var status = stat()
            guard lstat(hostPath(name), &status) == 0 else { return nil }
            let target = status.st_mode & S_IFMT == S_IFLNK ? linkTarget(name) : name
            guard let target, access(hostPath(target), F_OK) == 0 else { return nil }
            return PolicyMount(.readOnly(path: hostPath(target)), at: name, replacing: true)
        }
    }

    /// Inside, absolute; links of the root directory only.
    private func linkTarget(_ name: String) -> String? {
        var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(hostPath(name), &bytes, bytes.count)
        guard count > 0, count < bytes.count else { return nil }
        let text = String(decoding: bytes.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let parts = text.split(separator: "/")
        return parts.contains("..") ? nil : "/" + parts.joined(separator: "/")
    }
}

/// ENV, WORKDIR and USER of an image.
package struct ImageSettings: Codable, Sendable, Hashable {
    /// PATH where an image says nothing, in ENV lines of a Dockerfile, too, as other builders have it.
    package static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    package var environment: [String: String]
    /// Absolute; nil is `/`.
    package var workingDirectory: String?
    /// A name or a number, perhaps with `:` and a group; nil is root.
    package var user: String?

    package init(environment: [String: String] = [:], workingDirectory: String? = nil, user: String? = nil) {
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
    }
}
