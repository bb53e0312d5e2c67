import FoundationEssentials
import Glibc

/// The `host` image: the host's /usr and, of /etc, what programs need; never its root, home, var or run.
package enum HostImage {
    /// Entries of /etc that programs need to run and that hold no secret of the host.
    ///
    /// Everything else stays out.
    static let etc = [
        "alternatives", "bash.bashrc", "bindresvport.blacklist", "ca-certificates.conf", "debian_version",
        "environment",
        "fonts", "gai.conf", "host.conf", "inputrc", "issue", "java-17-openjdk", "ld.so.cache", "ld.so.conf",
        "ld.so.conf.d", "libaudit.conf", "locale.alias", "login.defs", "lsb-release", "magic", "magic.mime",
        "mime.types", "os-release", "perl", "profile", "protocols", "python3", "python3.11", "python3.13", "rpc",
        "services", "shells", "skel", "ssl/certs", "ssl/openssl.cnf", "terminfo", "xattr.conf",
    ]

    /// Written instead of copied: the host's accounts, names and resolvers are nobody's business inside.
    static let written: [String: String] = [
        "hostname": "sandbox\n",
        "hosts": "127.0.0.1\tlocalhost sandbox\n::1\tlocalhost sandbox\n",
        "resolv.conf": "",
        "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\n",
        "timezone": "Etc/UTC\n",
        "fstab": "",
        "machine-id": "",
    ]

    /// Debian's standard accounts (base-passwd), plus `agent`, an ordinary user for tasks that want one.
    static let fallbackPasswd = """
        root:x:0:0:root:/root:/bin/bash
        daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
        bin:x:2:2:bin:/bin:/usr/sbin/nologin
        sys:x:3:3:sys:/dev:/usr/sbin/nologin
        mail:x:8:8:mail:/var/mail:/usr/sbin/nologin
        www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin

        """
    static let fallbackGroup = """
        root:x:0:
        daemon:x:1:
        bin:x:2:
        sys:x:3:
        tty:x:5:
        mail:x:8:
        www-data:x:33:
        nogroup:x:65534:

        """

    /// Home and id of the ordinary user `agent`.
    static let agentHome = "/home/agent"
    static let agentID: UInt32 = 1000

    /// Directories of the root with their modes.
    static let directories: [(path: String, mode: Int)] = [
        ("usr", 0o755), ("dev", 0o755), ("proc", 0o555), ("sys", 0o555), ("run", 0o755), ("run/lock", 0o1777),
        ("tmp", 0o1777), ("home", 0o755), ("root", 0o700), ("opt", 0o755), ("srv", 0o755), ("mnt", 0o755),
        ("media", 0o755), ("var", 0o755), ("var/tmp", 0o1777), ("var/lib", 0o755), ("var/log", 0o755),
        ("var/cache", 0o755), ("var/spool", 0o755), ("var/mail", 0o755), ("etc", 0o755),
    ]

    /// Makes the image's root below `directory`, or finds the one that still fits the host; returns it.
    ///
    /// - Throws: `SandboxError.system` with the path that could not be made.
    package static func prepare(in directory: String) throws(SandboxError) -> Image {
        let root = "\(directory)/host-\(stamp())"
        let image = Image(name: "host", root: root, trees: ["/usr": "/usr"], isComposed: true)
        guard access(root, F_OK) != 0 else { return image }
        let draft = "\(root).\(getpid())\(draftEnding)"
        do {
            try compose(at: draft)
        } catch {
            throw .system(call: "compose the host image at \(draft): \(error)", errno: EIO)
        }
        // Somebody else may have finished first: theirs is the same.
        if rename(draft, root) != 0 && errno != EEXIST && errno != ENOTEMPTY {
            throw .system(call: "rename \(draft)", errno: errno)
        }
        return image
    }

    private static let draftEnding = ".part"

    /// Whether an entry beside the images is one that was never finished.
    package static func isDraft(_ name: String) -> Bool { name.hasSuffix(draftEnding) }

    private static func compose(at root: String) throws {
        let files = FileManager.default
        for (path, mode) in directories {
            try files.createDirectory(atPath: "\(root)/\(path)", withIntermediateDirectories: true)
            guard chmod("\(root)/\(path)", mode_t(mode)) == 0 else {
                throw SandboxError.system(call: "chmod \(path)", errno: errno)
            }
        }
        for name in ["bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            guard let target = try? files.destinationOfSymbolicLink(atPath: "/\(name)") else { continue }
            try files.createSymbolicLink(atPath: "\(root)/\(name)", withDestinationPath: target)
        }
        try files.createDirectory(atPath: "\(root)/etc/ssl", withIntermediateDirectories: true)
        for name in etc { try copy("/etc/\(name)", to: "\(root)/etc/\(name)") }
        for (name, text) in written { try write(text, to: "\(root)/etc/\(name)") }
        try write(accounts("passwd") + "agent:x:1000:1000:agent:/home/agent:/bin/bash\n", to: "\(root)/etc/passwd")
        try write(accounts("group") + "agent:x:1000:\n", to: "\(root)/etc/group")
        try files.createSymbolicLink(
            atPath: "\(root)/etc/localtime",
            withDestinationPath: "/usr/share/zoneinfo/Etc/UTC"
        )
        try files.createSymbolicLink(atPath: "\(root)/etc/mtab", withDestinationPath: "/proc/self/mounts")
        try files.createDirectory(atPath: "\(root)/home/agent", withIntermediateDirectories: true)
        _ = chown("\(root)\(agentHome)", agentID, agentID)
    }

    /// Copies directories, links and readable files with their modes and times; owners are the daemon's.
    ///
    /// The time is part of what bytecode of Python is valid for: of /etc/python3.11/sitecustomize.py, which /usr links
    /// to, every sandboxed root would have to compile it again, in system directories.
    ///
    /// What an ordinary user may not read is not for sandboxes; what is missing here is missing there.
    private static func copy(_ source: String, to target: String) throws {
        let files = FileManager.default
        var status = stat()
        guard lstat(source, &status) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFLNK:
            let destination = try files.destinationOfSymbolicLink(atPath: source)
            try files.createSymbolicLink(atPath: target, withDestinationPath: destination)
        case S_IFDIR:
            guard let names = try? files.contentsOfDirectory(atPath: source) else { return }
            try files.createDirectory(atPath: target, withIntermediateDirectories: false)
            for name in names { try copy("\(source)/\(name)", to: "\(target)/\(name)") }
            guard chmod(target, status.st_mode & 0o7777) == 0 else {
                throw SandboxError.system(call: "chmod \(target)", errno: errno)
            }
        case S_IFREG:
            guard access(source, R_OK) == 0 else { return }
            try Data(contentsOf: URL(filePath: source)).write(to: URL(filePath: target))
            let times = [status.st_atim, status.st_mtim]
            guard chmod(target, status.st_mode & 0o777) == 0, utimensat(AT_FDCWD, target, times, 0) == 0 else {
                throw SandboxError.system(call: "chmod \(target)", errno: errno)
            }
        default: return
        }
    }

    /// Debian ships its standard accounts as a master file; elsewhere a minimal list does.
    private static func accounts(_ kind: String) -> String {
        let master = "/usr/share/base-passwd/\(kind).master"
        let text = (try? String(contentsOfFile: master, encoding: .utf8)) ?? ""
        let fallback = kind == "passwd" ? fallbackPasswd : fallbackGroup
        // The master's password field is `*`; either way nobody can log in.
        return text.isEmpty ? fallback : (text.hasSuffix("\n") ? text : text + "\n")
    }

    private static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        guard chmod(path, 0o644) == 0 else { throw SandboxError.system(call: "chmod \(path)", errno: errno) }
    }

    /// Changes when what was copied may have changed.
    private static func stamp() -> String {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        for path in ["/etc"] + etc.map({ "/etc/" + $0 }) {
            var status = stat()
            guard lstat(path, &status) == 0 else { continue }
            for value in [
                UInt64(status.st_ino), UInt64(bitPattern: Int64(status.st_mtim.tv_sec)), UInt64(status.st_size),
            ] {
                sum = (sum ^ value) &* 0x100_0000_01b3
            }
        }
        return String(sum, radix: 16)
    }
}
