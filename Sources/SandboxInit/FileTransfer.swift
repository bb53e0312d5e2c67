import CLinux
import Glibc
import SandboxPlan

/// Moves the content of one regular file to or from a descriptor; nothing but a regular file is ever waited for.
struct FileTransfer {
    let path: SandboxPath
    let data: CInt

    func read(from offset: UInt64, length: UInt64) throws(FileFailure) -> FileReply {
        let file = try open(O_RDONLY)
        defer { _ = close(file.descriptor) }
        var position = offset
        let end = offset.addingReportingOverflow(length).overflow ? UInt64.max : offset + length
        var chunk = [UInt8](repeating: 0, count: 65536)
        while position < min(end, UInt64(Int64.max)) {
            let wanted = Int(min(UInt64(chunk.count), end - position))
            let count = pread(file.descriptor, &chunk, wanted, off_t(position))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw FileFailure(path: path, errno: errno) }
            guard count > 0 else { break }
            putAll(chunk[..<count], to: data)
            position += UInt64(count)
        }
        // Files of /proc say 0 and have more.
        return FileReply(count: max(file.size, position == offset ? 0 : position))
    }

    func write(mode: UInt32, _ how: WriteManner) throws(FileFailure) -> FileReply {
        var flags = O_WRONLY | O_CREAT
        if how == .exclusive { flags |= O_EXCL }
        if how == .append { flags |= O_APPEND }
        let file = try open(flags, mode: mode & 0o777)
        defer { _ = close(file.descriptor) }
        // Not by O_TRUNC: it is known only now that it is a file.
        if how == .truncate, ftruncate(file.descriptor, 0) != 0 { throw FileFailure(path: path, errno: errno) }
        var total: UInt64 = 0
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = getSome(&chunk, from: data)
            guard count >= 0 else { throw FileFailure(path: path, errno: errno) }
            guard count > 0 else { return FileReply(count: total) }
            var rest = chunk[..<count]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { Glibc.write(file.descriptor, $0.baseAddress, $0.count) }
                if written < 0 && errno == EINTR { continue }
                guard written > 0 else { throw FileFailure(path: path, errno: errno) }
                rest = rest.dropFirst(written)
            }
            total += UInt64(count)
        }
    }

    /// Without waiting for anybody: a FIFO would wait for its other end, see fifo(7).
    private func open(_ flags: CInt, mode: UInt32 = 0) throws(FileFailure) -> (descriptor: CInt, size: UInt64) {
        let name = try path.checkedCString()
        let how = UInt64(flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        let file = clinux_openat2(AT_FDCWD, name, how, UInt64(mode), CLINUX_RESOLVE_NO_MAGICLINKS)
        let code = errno
        var status = stat()
        guard file >= 0 else {
            // A socket, or a FIFO that nobody reads.
            if code == ENXIO, stat(name, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
                throw FileFailure(path: path, reason: .notRegular(FileKind(mode: status.st_mode)))
            }
            throw FileFailure(path: path, errno: code)
        }
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            _ = close(file)
            throw FileFailure(path: path, reason: .notRegular(FileKind(mode: status.st_mode)))
        }
        guard !WorkerSecrecy.covers(file) else {
            _ = close(file)
            throw FileFailure(path: path, errno: EACCES)
        }
        return (file, UInt64(status.st_size))
    }
}

/// Writes everything; a reader that went away ends the process.
func putAll(_ bytes: ArraySlice<UInt8>, to sink: CInt) {
    var rest = bytes
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(sink, $0.baseAddress, $0.count) }
        if count < 0 && isToBeRetried(on: sink, POLLOUT) { continue }
        guard count > 0 else { _exit(1) }
        rest = rest.dropFirst(count)
    }
}

/// Reads what is there, waiting for something; 0 at the end, -1 with errno.
func getSome(_ buffer: inout [UInt8], from source: CInt) -> Int {
    while true {
        let count = read(source, &buffer, buffer.count)
        if count < 0 && isToBeRetried(on: source, POLLIN) { continue }
        return count
    }
}

/// Whether the call that just failed is to be tried again: a lent descriptor may be one that does not block.
func isToBeRetried(on descriptor: CInt, _ event: CInt) -> Bool {
    switch errno {
    case EINTR: return true
    case EAGAIN:
        var polled = pollfd(fd: descriptor, events: Int16(event), revents: 0)
        return poll(&polled, 1, -1) >= 0 || errno == EINTR
    default: return false
    }
}

/// Collects small records into large writes.
struct BufferedSink {
    private let sink: CInt
    private var buffer: [UInt8] = []

    init(_ sink: CInt) {
        self.sink = sink
    }

    mutating func put(_ bytes: [UInt8]) {
        buffer += bytes
        if buffer.count >= 65536 { flush() }
    }

    mutating func flush() {
        putAll(buffer[...], to: sink)
        buffer.removeAll(keepingCapacity: true)
    }
}
