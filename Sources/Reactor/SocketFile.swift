import CLinux
import Glibc
import Linux

/// A socket's name in the file system, removed with this value, and the lock that makes it ours.
struct SocketFile: ~Copyable {
    private let path: String
    private let device: dev_t
    private let inode: ino_t
    /// Held until the name is gone.
    ///
    /// The lock file stays: removing it would let two processes lock two files.
    private let lock: OwnedDescriptor

    init(path: String, lock: consuming OwnedDescriptor) {
        var status = stat()
        _ = lstat(path, &status)
        self.path = path
        device = status.st_dev
        inode = status.st_ino
        self.lock = lock
    }

    deinit {
        var status = stat()
        // Somebody may have put another socket there by force.
        if lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode { unlink(path) }
    }

    static func lock(_ path: String) throws(ListenError) -> OwnedDescriptor {
        do {
            let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
            let lock = OwnedDescriptor(
                adopting: try syscall("open \(path).lock") { open(path + ".lock", flags, 0o600) }
            )
            let raw = lock.raw
            try syscall("flock") { flock(raw, LOCK_EX | LOCK_NB) }
            return lock
        } catch  where error.code == EWOULDBLOCK {
            throw .inUse(path: path)
        } catch {
            throw .system(error, path: path)
        }
    }

    /// Removes the socket of a process that ended; connect(2) tells by ECONNREFUSED that nobody serves it.
    static func removeStale(_ path: String, _ address: UnixAddress) throws(ListenError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        do {
            let probe = try OwnedDescriptor.unixSocket(SOCK_STREAM)
            let raw = probe.raw
            try syscall("fcntl(O_NONBLOCK)") { clinux_set_nonblocking(raw) }
            try syscall("connect") { address.withPointer { connect(raw, $0, $1) } }
        } catch  where error.code == ECONNREFUSED {
            guard unlink(path) == 0 || errno == ENOENT else {
                throw .system(SystemError(call: "unlink", code: errno), path: path)
            }
            return
        } catch  where error.code == ENOENT {
            return
        } catch  where error.code != EAGAIN {
            // EAGAIN is a full queue of a live socket.
            throw .system(error, path: path)
        } catch {}
        throw .inUse(path: path)
    }
}
