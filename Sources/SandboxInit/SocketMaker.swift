import CLinux
import Glibc
import Linux
import SandboxPlan

/// Makes a Unix stream socket that everybody inside may connect to, and listens on it.
struct SocketMaker {
    let path: SandboxPath

    /// In place of a socket of that name, which is another session's or an agent's; of nothing else.
    func listen() throws(FileFailure) -> CInt {
        let directory = try openDirectory()
        defer { _ = close(directory) }
        // A name without slashes: the address is short, and resolved through no link.
        let name = path.lastName
        guard let text = String(validating: name, as: UTF8.self), let address = try? UnixAddress(path: text),
            text != ".", text != ".."
        else { throw FileFailure(path: path, errno: ENAMETOOLONG) }
        guard fchdir(directory) == 0 else { throw failure() }
        var status = stat()
        if lstat(text, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, unlink(text) != 0 { throw failure() }
        let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure() }
        // The socket is born with its mode; see unix(7).
        _ = umask(0o111)
        guard address.withPointer({ bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 else {
            throw failure()
        }
        return descriptor
    }

    /// The directory that holds it, made where it is missing; no part of the way may be a link.
    private func openDirectory() throws(FileFailure) -> CInt {
        let names = try path.checkedCString().dropLast().split(separator: CChar(UInt8(ascii: "/"))).dropLast()
        let isAbsolute = path.bytes.first == UInt8(ascii: "/")
        var current = open(isAbsolute ? "/" : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard current >= 0 else { throw failure() }
        for name in names.map({ Array($0) + [0] }) {
            _ = mkdirat(current, name, 0o755)
            let next = openat(current, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let code = errno
            _ = close(current)
            guard next >= 0 else { throw FileFailure(path: path, errno: code) }
            current = next
        }
        return current
    }

    private func failure() -> FileFailure {
        FileFailure(path: path, errno: errno)
    }
}
