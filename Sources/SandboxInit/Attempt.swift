import Glibc
import SandboxPlan

/// Runs one system call of a set-up stage; retries EINTR, and turns -1 into the failure with stage and call.
func attempt<T: FixedWidthInteger>(
    _ stage: SetupStage,
    _ call: String,
    index: Int = 0,
    _ body: () -> T
) throws(SetupFailure) -> T {
    while true {
        let result = body()
        if result != -1 { return result }
        let code = errno  // before anything that could release an object
        if code == EINTR { continue }
        throw SetupFailure(stage: stage, index: index, call: call, errno: code)
    }
}

/// Writes all of `bytes`, or fails with the stage it belongs to.
func writeFile(_ path: String, _ text: String, stage: SetupStage) throws(SetupFailure) {
    let file = try attempt(stage, "open \(path)") { open(path, O_WRONLY | O_CLOEXEC) }
    defer { _ = close(file) }
    let bytes = Array(text.utf8)
    _ = try attempt(stage, "write \(path)") { write(file, bytes, bytes.count) }
}

/// Reads a whole (small) file from a descriptor, from its beginning.
func readAll(_ file: CInt) -> [UInt8]? {
    let size = lseek(file, 0, SEEK_END)
    guard size >= 0, size < 1 << 30 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(size))
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeMutableBytes {
            pread(file, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(done))
        }
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return nil }
        done += count
    }
    return bytes
}

/// Reads a whole file by path: kernel files report size 0, so it is read to its end.
///
/// An agent may have put anything in its place: what is not a regular file (a FIFO would hold pid 1 up for ever) or
/// larger than 16 MiB is none.
func readFile(_ path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { _ = close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16384)
    while true {
        let count = read(file, &chunk, chunk.count)
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return nil }
        if count == 0 { return bytes }
        guard bytes.count < 16 << 20 else { return nil }
        bytes.append(contentsOf: chunk[..<count])
    }
}
