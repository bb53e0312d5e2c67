import Glibc

/// The peer that does nothing but a sandbox's steps, in C; see benchmarks/floor.
final class Floor {
    private let process: pid_t
    private let input: CInt
    private let output: UnsafeMutablePointer<FILE>

    /// It needs the hierarchies of cgroup v1.
    static var isPossible: Bool { access("/sys/fs/cgroup/memory/tasks", W_OK) == 0 }

    /// nil where it cannot run.
    init?() throws(HostProgram.Failure) {
        guard Self.isPossible else { return nil }
        var (asking, answering): ([CInt], [CInt]) = ([-1, -1], [-1, -1])
        guard pipe(&asking) == 0, pipe(&answering) == 0 else {
            throw HostProgram.Failure(description: "pipe: errno \(errno)")
        }
        for end in asking + answering { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer {
            close(asking[0])
            close(answering[1])
        }
        process = try HostProgram(arguments: [SandboxMaker.ownDirectory() + "/benchmark-floor"]).start(
            input: asking[0],
            output: answering[1]
        )
        input = asking[1]
        guard let stream = fdopen(answering[0], "r") else {
            throw HostProgram.Failure(description: "fdopen: errno \(errno)")
        }
        output = stream
    }

    /// Milliseconds of a whole life, of the part of it from where the sandbox stands, and of a command in another that has
    /// stood for a while.
    ///
    /// `resting` waits in between until nothing is left to do; without, the third figure is 0.
    @discardableResult
    func live(resting: Bool) throws(HostProgram.Failure) -> (cold: Double, prepared: Double, command: Double) {
        var line = [CChar](repeating: 0, count: 128)
        guard write(input, resting ? "l" : "s", 1) == 1, fgets(&line, CInt(line.count), output) != nil else {
            throw HostProgram.Failure(description: "benchmark-floor ended")
        }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let numbers = text.split { $0 == " " || $0 == "\n" }.compactMap { Double($0) }
        guard numbers.count == 3 else { throw HostProgram.Failure(description: "benchmark-floor said \"\(text)\"") }
        return (numbers[0], numbers[1], numbers[2])
    }

    deinit {
        close(input)
        fclose(output)
        waitpid(process, nil, 0)
    }
}
