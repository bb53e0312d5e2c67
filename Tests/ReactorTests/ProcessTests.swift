import CLinux
import Glibc
import Linux
import Reactor
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct ProcessTests {
    @Test func exitStatusAndSignalsAreTold() async throws {
        #expect(try await run("/bin/sh", ["sh", "-c", "exit 7"]).outcome == .exited(code: 7))
        let outcome = try await run("/bin/sh", ["sh", "-c", "kill -KILL $$"]).outcome
        #expect(outcome == .signaled(signal: SIGKILL, coreDumped: false))
        await #expect(throws: SystemError(call: "posix_spawn /nonexistent", code: ENOENT)) {
            try await run("/nonexistent", ["nonexistent"])
        }
    }

    @Test func aChildIsWaitedForByManyAndSignalledSafely() async throws {
        let reactor = try sharedReactor.get()
        let child = try await sharedSpawner.get().spawn(
            "/bin/sleep",
            arguments: ["sleep", "600"],
            environment: [],
            descriptors: []
        )
        let cancelled = Task { try await child.exit(on: reactor) }
        cancelled.cancel()
        await #expect(throws: SystemError.self) { try await cancelled.value }
        #expect(try child.reap() == nil)
        async let first = child.exit(on: reactor)
        async let second = child.exit(on: reactor)
        try child.send(signal: SIGTERM)
        let outcomes = try await [first, second]
        #expect(outcomes == Array(repeating: .signaled(signal: SIGTERM, coreDumped: false), count: 2))
        #expect(throws: SystemError(call: "pidfd_send_signal", code: ESRCH)) { try child.send(signal: SIGTERM) }
    }

    @Test func aChildStartsWithoutMaskOrIgnoredSignals() async throws {
        let (status, _) = try await run("/bin/cat", ["cat", "/proc/self/status"])
        for line in ["SigBlk:\t0000000000000000", "SigIgn:\t0000000000000000"] { #expect(status.contains(line)) }
    }

    @Test func aChildHasTheNamedDescriptorsOnly() async throws {
        // Inheritable on purpose, once below and once above the highest target.
        let low = adopt(try syscall("dup") { dup(1) })
        let high = adopt(try syscall("dup2") { dup2(1, 300) })
        let (listing, _) = try await run("/bin/ls", ["ls", "/proc/self/fd"])
        #expect(listing.split(separator: "\n") == ["0", "1", "2", "3"], "3 is ls reading the directory")
        withExtendedLifetime((low, high)) {}
    }

    @Test func sourcesMayBeTargetsOfOthers() async throws {
        let reactor = try sharedReactor.get()
        let pipes = [try TestPipe(), try TestPipe()]
        let (first, second) = (pipes[0].writing, pipes[1].writing)
        let script = "printf one >&\(second); printf two >&\(first)"
        let child = try await sharedSpawner.get().spawn(
            "/bin/bash",
            arguments: ["bash", "-c", script],
            environment: [],
            descriptors: [(first, second), (second, first)]
        )
        for pipe in pipes { _ = pipe.writeEnd.take() }
        for (pipe, text) in zip(pipes, ["one", "two"]) {
            var bytes: [UInt8] = []
            #expect(try await pipe.reader().readToEnd { bytes += Array($0) })
            #expect(String(decoding: bytes, as: UTF8.self) == text)
        }
        #expect(try await child.exit(on: reactor) == .exited(code: 0))
    }

    @Test func aLongOutputIsReadWhole() async throws {
        let (output, _) = try await run("/usr/bin/head", ["head", "-c", "3000000", "/dev/zero"])
        #expect(output.utf8.count == 3_000_000)
    }

    @Test func cancellationEndsReading() async throws {
        let pipe = try TestPipe()
        let reader = try pipe.reader()
        let task = Task { try await reader.readToEnd { _ in } }
        task.cancel()
        #expect(try await task.value == false)
        withExtendedLifetime(pipe) {}
    }

    @Test func terminationSignalsAreRead() async throws {
        // The mask of a whole process, hence one of its own; its other threads do not block, hence raise(3).
        await #expect(processExitsWith: .exitCode(3)) {
            let signals = try TerminationSignals.block()
            let reactor = try Reactor.start()
            var received: [TerminationSignal?] = []
            for signal in [SIGHUP, SIGINT, SIGTERM, SIGPIPE] {
                raise(signal)
                if signal != SIGPIPE { received.append(await signals.next(on: reactor)) }
            }
            exit(received == [.hangUp, .interrupt, .terminate] ? 3 : 4)
        }
    }
}

@Suite(.timeLimit(.minutes(1))) struct ServiceNotifierTests {
    @Test(arguments: [false, true]) func tellsTheManager(abstract: Bool) throws {
        let scratch = try ScratchDirectory()
        let name = scratch.path + "/notify"
        let address = abstract ? try UnixAddress(abstract: name) : try UnixAddress(path: name)
        let manager = try OwnedDescriptor.unixSocket(SOCK_DGRAM)
        let raw = manager.raw
        try syscall("bind") { address.withPointer { bind(raw, $0, $1) } }
        try ServiceNotifier(socket: abstract ? "@" + name : name).notify(.ready, .status("two\nlines"))
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = recv(raw, &bytes, bytes.count, CInt(MSG_DONTWAIT))
        #expect(String(decoding: bytes.prefix(max(0, count)), as: UTF8.self) == "READY=1\nSTATUS=two lines")
    }
}
