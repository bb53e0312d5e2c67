import Glibc
import Reactor
import SandboxPlan

@testable import Sandbox

/// Tar streams as an attacker would write them: nothing is checked; see tar(5), the ustar format.
struct TarStream {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ name: [UInt8],
        type: Character = "0",
        mode: Int = 0o644,
        owner: Int = 0,
        link: String = "",
        content: [UInt8] = [],
        claimedSize: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: [UInt8], at offset: Int) {
            for (index, byte) in text.enumerated() { header[offset + index] = byte }
        }
        put(name, at: 0)
        put(octal(mode, digits: 7), at: 100)
        put(octal(owner, digits: 7), at: 108)
        put(octal(owner, digits: 7), at: 116)
        put(octal(claimedSize ?? content.count, digits: 11), at: 124)
        put(octal(1_000_000_000, digits: 11), at: 136)
        put(Array("        ".utf8), at: 148)
        put(Array(String(type).utf8), at: 156)
        put(Array(link.utf8), at: 157)
        put(Array("ustar\u{0}00".utf8), at: 257)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + [0, 32], at: 148)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    mutating func add(
        _ name: String,
        type: Character = "0",
        mode: Int = 0o644,
        owner: Int = 0,
        link: String = "",
        text: String = ""
    ) {
        add(Array(name.utf8), type: type, mode: mode, owner: owner, link: link, content: Array(text.utf8))
    }

    /// The stream with its end mark.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    private func octal(_ number: Int, digits: Int) -> [UInt8] {
        let text = String(number, radix: 8)
        return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
    }
}

extension RunningSandbox {
    /// Uploads bytes as a client would: another task feeds the pipe.
    func upload(
        _ bytes: [UInt8],
        to path: SandboxPath,
        as user: ActingUser,
        limits: TreeLimits = .transfer
    ) async throws -> TreeTransfer {
        let pipe = try SharedPipe()
        try pipe.writing.setNonblocking()
        let feed = ActionInput(pipe.writing, isTerminal: false, reactor: reactor)
        let feeding = Task {
            for start in stride(from: 0, to: bytes.count, by: 1 << 20) {
                try? await feed.write(Array(bytes[start..<min(start + 1 << 20, bytes.count)]))
            }
            feed.close()
        }
        defer { feeding.cancel() }
        let descriptor = pipe.reading.raw ?? -1
        return try await upload(tarFrom: descriptor, to: path, as: user, limits: limits, deadline: .seconds(60))
    }

    /// What a download sends, and what is said of it.
    func download(
        _ path: SandboxPath,
        as user: ActingUser,
        limits: TreeLimits = .transfer
    ) async throws -> (bytes: [UInt8], transfer: Result<TreeTransfer, any Error>) {
        let pipe = try SharedPipe()
        try pipe.reading.setNonblocking()
        let reading = Task { try await pipe.reading.readAll(limit: 1 << 30, on: reactor) }
        let descriptor = pipe.writing.raw ?? -1
        let transfer: Result<TreeTransfer, any Error>
        do {
            transfer = .success(
                try await download(path, tarTo: descriptor, as: user, limits: limits, deadline: .seconds(60))
            )
        } catch {
            transfer = .failure(error)
        }
        _ = pipe.writing.take()
        return (try await reading.value, transfer)
    }
}
