import CLinux
import Glibc
import SandboxPlan

extension SandboxRoot {
    /// A real directory at `target`, whatever an agent's layer has there: links and files on the way are replaced.
    func makeDirectory(
        _ target: String,
        mode: UInt32,
        uid: UInt32,
        gid: UInt32,
        _ step: Step
    ) throws(SetupFailure) {
        let current = try realDirectory(target, step)
        defer { _ = close(current) }
        // A path descriptor cannot be changed itself; its name in /proc can, and is not a path that agents control.
        let path = "/proc/self/fd/\(current)"
        _ = try step.call("chown \(target)") { chown(path, uid, gid) }
        _ = try step.call("chmod \(target)") { chmod(path, mode) }
    }

    /// A directory at `target`, by the links that are there; a real one where they lead nowhere or to something else.
    func ensureDirectory(_ target: String, _ step: Step) throws(SetupFailure) {
        let place: CInt
        do throws(SetupFailure) {
            place = try openTarget(target, directory: true, step)
        } catch {
            guard [ELOOP, EEXIST, ENOTDIR].contains(error.errno) else { throw error }
            return _ = close(try realDirectory(target, step))
        }
        defer { _ = close(place) }
        var status = stat()
        _ = try step.call("fstat \(target)") { fstat(place, &status) }
        if status.st_mode & S_IFMT != S_IFDIR { _ = close(try realDirectory(target, step)) }
    }

    private func realDirectory(_ target: String, _ step: Step) throws(SetupFailure) -> CInt {
        var current = try openRoot(step)
        for part in target.split(separator: "/").map(String.init) {
            do throws(SetupFailure) {
                let next = try enter(part, of: current, step)
                _ = close(current)
                current = next
            } catch {
                _ = close(current)
                throw error
            }
        }
        return current
    }

    private func enter(_ name: String, of parent: CInt, _ step: Step) throws(SetupFailure) -> CInt {
        let flags = CLINUX_O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let found = openat(parent, name, flags)
        if found >= 0 { return found }
        switch errno {
        case ENOENT: break
        case ENOTDIR, ELOOP: _ = try step.call("unlink \(name)") { unlinkat(parent, name, 0) }
        default: throw step.failure("open \(name)", errno)
        }
        _ = try step.call("mkdir \(name)") { mkdirat(parent, name, 0o755) }
        return try step.call("open \(name)") { openat(parent, name, flags) }
    }

    /// A regular file with this text at `target`, replacing a link or file of that name.
    func makeFile(_ target: String, _ text: String, mode: UInt32, _ step: Step) throws(SetupFailure) {
        let parts = target.split(separator: "/").map(String.init)
        guard let name = parts.last else { throw step.failure("file name", EINVAL) }
        var current = try openRoot(step)
        defer { _ = close(current) }
        for part in parts.dropLast() {
            let next = try enter(part, of: current, step)
            _ = close(current)
            current = next
        }
        if unlinkat(current, name, 0) != 0 && errno != ENOENT { throw step.failure("unlink \(target)", errno) }
        let file = try step.call("create \(target)") {
            openat(current, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode)
        }
        defer { _ = close(file) }
        let bytes = Array(text.utf8)
        _ = try step.call("write \(target)") { write(file, bytes, bytes.count) }
    }
}
