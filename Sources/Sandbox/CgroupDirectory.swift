import CLinux
import Glibc
import Linux

/// One group's directory in one hierarchy; its files are reached through the open directory, never by path.
final class CgroupDirectory: Sendable {
    let path: String
    let hierarchy: CgroupHierarchy?
    private let descriptor: OwnedDescriptor

    /// Opens a directory that is there.
    init(path: String, hierarchy: CgroupHierarchy?) throws(SystemError) {
        let raw = try syscall("open \(path)") { open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        descriptor = OwnedDescriptor(adopting: raw)
        self.path = path
        self.hierarchy = hierarchy
    }

    private init(below parent: CgroupDirectory, name: String) throws(SystemError) {
        path = "\(parent.path)/\(name)"
        hierarchy = parent.hierarchy
        let raw = openat(parent.descriptor.raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError(call: "open \(path)", code: errno) }
        descriptor = OwnedDescriptor(adopting: raw)
    }

    var isUnified: Bool { hierarchy?.version == .v2 }

    func has(_ controller: String) -> Bool { hierarchy?.controllers.contains(controller) ?? false }

    /// Whether this process may make groups here; root always may unless it is mounted read-only.
    var isWritable: Bool { faccessat(descriptor.raw, ".", W_OK, 0) == 0 }

    /// Whether all of this group is ours to arrange: systemd says so (`user.delegate` from v251, `trusted.delegate`
    /// for root; see systemd.io/CGROUP_DELEGATION), or there is nothing above it for us.
    var isDelegated: Bool {
        clinux_has_xattr(descriptor.raw, "user.delegate") == 1
            || clinux_has_xattr(descriptor.raw, "trusted.delegate") == 1
            || faccessat(descriptor.raw, "../cgroup.procs", F_OK, 0) != 0
    }

    // MARK: Groups below

    func child(_ name: String) throws(SystemError) -> CgroupDirectory {
        try CgroupDirectory(below: self, name: name)
    }

    /// Makes a group; EEXIST when there is one of that name.
    func makeChild(_ name: String) throws(SystemError) -> CgroupDirectory {
        guard mkdirat(descriptor.raw, name, 0o755) == 0 else {
            throw SystemError(call: "mkdir \(path)/\(name)", code: errno)
        }
        return try child(name)
    }

    /// Makes a group, or opens the one that an administrator made for us or a dead daemon left.
    func makeOrOpenChild(_ name: String) throws(SystemError) -> CgroupDirectory {
        do {
            return try makeChild(name)
        } catch {
            guard error.code == EEXIST else { throw error }
            return try child(name)
        }
    }

    func childNames() -> [String] {
        var status = stat()
        // A directory is linked to from each one in it: two links are its own, and spare us the listing.
        guard fstat(descriptor.raw, &status) == 0, status.st_nlink != 2 else { return [] }
        let copy = openat(descriptor.raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { return [] }
        guard let listing = fdopendir(copy) else {
            _ = close(copy)
            return []
        }
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes an empty group; a process that has just died can keep it busy for a moment, so this waits a little.
    @discardableResult
    func removeChild(_ name: String, patience: Duration = .milliseconds(200)) -> Bool {
        var pause = CgroupPause(limit: patience)
        while unlinkat(descriptor.raw, name, AT_REMOVEDIR) != 0 {
            if errno == ENOENT { return true }
            guard errno == EBUSY, pause.wait() else { return false }
        }
        return true
    }

    /// Removes all groups below; processes must have ended.
    func removeDescendants() {
        for name in childNames() {
            try? child(name).removeDescendants()
            removeChild(name)
        }
    }

    // MARK: Files

    /// Changes the mode of the directory, or of a file in it.
    func setMode(_ mode: mode_t, of file: String = ".") throws(SystemError) {
        guard fchmodat(descriptor.raw, file, mode, 0) == 0 else {
            throw SystemError(call: "chmod \(path)/\(file)", code: errno)
        }
    }

    func text(of file: String) throws(SystemError) -> String {
        let raw = openat(descriptor.raw, file, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError(call: "open \(path)/\(file)", code: errno) }
        let opened = OwnedDescriptor(adopting: raw)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = try syscall("read \(path)/\(file)") { read(opened.raw, &buffer, buffer.count) }
            if count == 0 { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func write(_ value: String, to file: String) throws(SystemError) {
        let opened = OwnedDescriptor(adopting: try descriptor(of: file, O_WRONLY))
        let count = Glibc.write(opened.raw, value, value.utf8.count)
        guard count == value.utf8.count else {
            throw SystemError(call: "write \"\(value)\" to \(path)/\(file)", code: errno)
        }
    }

    /// An open file, which the caller owns.
    func descriptor(of file: String, _ flags: CInt) throws(SystemError) -> CInt {
        let raw = openat(descriptor.raw, file, flags | O_CLOEXEC)
        guard raw >= 0 else { throw SystemError(call: "open \(path)/\(file)", code: errno) }
        return raw
    }

    /// The number in a file of one number; nil when there is no such file, or it says "max".
    func number(of file: String) -> Int? {
        guard let raw = try? descriptor(of: file, O_RDONLY) else { return nil }
        let opened = OwnedDescriptor(adopting: raw)
        return Int(firstLine(of: opened.raw))
    }

    /// The number behind a key in a file of `key number` lines.
    func number(of file: String, key: String) -> Int? {
        guard let raw = try? descriptor(of: file, O_RDONLY) else { return nil }
        let opened = OwnedDescriptor(adopting: raw)
        // All of them are shorter; asked for several times an action.
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let count = pread(opened.raw, buffer.baseAddress, buffer.count, 0)
            let start = Array((key + " ").utf8)
            for line in buffer[..<max(0, count)].split(separator: UInt8(ascii: "\n")) where line.starts(with: start) {
                return Int(String(decoding: line.dropFirst(start.count), as: UTF8.self))
            }
            return nil
        }
    }

    // MARK: Processes

    /// Processes of this group and of those below; ones that this process cannot see are left out.
    func processes() -> Set<pid_t> {
        var found = ownProcesses()
        for name in childNames() {
            guard let below = try? child(name) else { continue }
            found.formUnion(below.processes())
        }
        return found
    }

    func ownProcesses() -> Set<pid_t> {
        var pause = CgroupPause(limit: .milliseconds(100))
        while true {
            do {
                let text = try text(of: "cgroup.procs")
                return Set(text.split(separator: "\n").compactMap { pid_t($0) }.filter { $0 > 0 })
            } catch {
                // A daemon short of descriptors must not take a full group for an empty one.
                guard error.code == EMFILE || error.code == ENFILE, pause.wait() else { return [] }
            }
        }
    }
}

/// The first line of an open file of short lines, whatever has been read or written before; empty on failure.
func firstLine(of descriptor: CInt) -> String {
    var bytes: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
    return withUnsafeMutableBytes(of: &bytes) { buffer in
        let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
        guard count > 0 else { return "" }
        return String(decoding: buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}

/// Short, growing waits of at most a millisecond each, within a bound.
struct CgroupPause {
    private let deadline: ContinuousClock.Instant
    private var microseconds: UInt32 = 20

    init(limit: Duration) {
        deadline = ContinuousClock.now + limit
    }

    /// False, without waiting, when the bound is reached.
    mutating func wait() -> Bool {
        guard ContinuousClock.now < deadline else { return false }
        _ = usleep(microseconds)
        microseconds = min(1000, microseconds * 2)
        return true
    }
}
