import CLinux
import Glibc

/// What /proc shows of a file worker is about the worker, and not about who asks it to read.
///
/// It is where executord lies on the host, and how its memory is laid out. The kernel lets every process see that of itself,
/// see ptrace(2), "access mode checking".
enum WorkerSecrecy {
    /// Whether an open file is one of this process's own directory in /proc.
    static func covers(_ file: CInt) -> Bool {
        var name = [UInt8](repeating: 0, count: 64)
        let count = clinux_readlink(AT_FDCWD, "/proc/self/fd/\(file)", &name, name.count)
        return count > 0 && name[..<count].starts(with: "/proc/\(getpid())/".utf8)
    }

    /// Whether a link is one of those of /proc that lead to files of processes, not by a name: only they are absolute.
    static func covers(link: stat, to target: ArraySlice<UInt8>) -> Bool {
        var top = stat()
        return target.first == UInt8(ascii: "/") && lstat("/proc/self", &top) == 0 && top.st_dev == link.st_dev
    }
}
