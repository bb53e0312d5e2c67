import CLinux
import Glibc
import Linux
import Reactor
import Statistics
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct UnixConnectionTests {
    @Test func echoesUnderRandomCuts() async throws {
        let scratch = try ScratchDirectory()
        let listener = try UnixListener.bind(path: scratch.path + "/s", reactor: try sharedReactor.get())
        let server = Task {
            try await withThrowingDiscardingTaskGroup { group in
                while let connection = try await listener.accept() {
                    group.addTask {
                        while let chunk = try await connection.receive() { try await connection.send(chunk.bytes) }
                        connection.close()
                    }
                }
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { clients in
            for seed in UInt64(1)...8 {
                clients.addTask {
                    let connection = try connectTo(scratch.path + "/s")
                    var random = SplitMix64(seed: seed)
                    let message = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &random) }
                    async let echo = receive(message.count, from: connection)
                    var rest = message[...]
                    while !rest.isEmpty {
                        let cut = rest.prefix(Int.random(in: 1...20_000, using: &random))
                        try await connection.send(Array(cut))
                        rest = rest.dropFirst(cut.count)
                    }
                    #expect(try await echo == message, "seed \(seed)")
                    connection.close()
                }
            }
            try await clients.waitForAll()
        }
        listener.close()
        try await server.value
    }

    @Test func messagesOfSeveralTasksStayWhole() async throws {
        let (ours, theirs) = try connectionPair()
        let size = 100_000
        async let received = receive(8 * size, from: theirs)
        try await withThrowingDiscardingTaskGroup { group in
            for letter in UInt8(65)..<73 {
                group.addTask { try await ours.send([UInt8](repeating: letter, count: size)) }
            }
        }
        let bytes = try await received
        let runs = stride(from: 0, to: bytes.count, by: size).map { Set(bytes[$0..<$0 + size]) }
        #expect(runs.allSatisfy { $0.count == 1 } && Set(runs).count == 8)
    }

    @Test func aSlowReaderOverflowsItsOwnBacklogOnly() async throws {
        let (slow, idle) = try connectionPair(backlogLimit: 100_000)
        let (ours, theirs) = try connectionPair(backlogLimit: 100_000)
        let outcomes = await withTaskGroup(of: ConnectionError?.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    do throws(ConnectionError) {
                        try await slow.send([UInt8](repeating: 1, count: 30_000))
                        return nil
                    } catch { return error }
                }
            }
            return await group.reduce(into: [ConnectionError]()) { if let error = $1 { $0.append(error) } }
        }
        #expect(outcomes.contains(ConnectionError.backlogFull(limit: 100_000)))
        await #expect(throws: ConnectionError.closed) { try await slow.send([1]) }
        try await ours.send([7])
        #expect(try await theirs.receive()?.bytes == [7])
        idle.close()
    }

    @Test func aCancelledReceiveLosesNothing() async throws {
        let (ours, theirs) = try connectionPair()
        let receiving = Task { try await ours.receive() }
        receiving.cancel()
        await #expect(throws: ConnectionError.cancelled) { _ = try await receiving.value }
        async let chunk = ours.receive()
        try await theirs.send([1, 2])
        #expect(try await chunk?.bytes == [1, 2])
    }

    @Test func closingEndsAWaitingReceiveAndSend() async throws {
        let (ours, theirs) = try connectionPair()
        async let chunk = ours.receive()
        async let sent: Void = ours.send([UInt8](repeating: 0, count: 4 << 20))
        await Task.yield()
        ours.close()
        #expect(try await chunk == nil)
        do {
            try await sent
            Issue.record("4 MiB that nobody read were sent")
        } catch { #expect(error as? ConnectionError == .closed) }
        theirs.close()
    }

    @Test func whatAPeerSentBeforeLeavingIsReceived() async throws {
        let (ours, theirs) = try connectionPair()
        try await theirs.send([1, 2, 3])
        theirs.close()
        await #expect(throws: ConnectionError.closed) { try await ours.send([9]) }
        #expect(try await ours.receive()?.bytes == [1, 2, 3])
        #expect(try await ours.receive() == nil)
    }

    @Test func descriptorsArriveAndAreClosedOnce() async throws {
        let (ours, theirs) = try connectionPair()
        let file = try AnonymousFile()
        try await ours.send([1], descriptors: [file.raw, file.raw])
        try await ours.send([2], descriptors: [file.raw])
        var descriptors: [SharedDescriptor] = []
        var bytes: [UInt8] = []
        while bytes.count < 2, let chunk = try await theirs.receive() {
            bytes += chunk.bytes
            descriptors += chunk.descriptors
        }
        #expect(bytes == [1, 2] && descriptors.count == 3)
        #expect(file.openDescriptors == 4)
        let flags = fcntl(try #require(descriptors[0].raw), F_GETFD)
        #expect(flags & FD_CLOEXEC != 0)
        let taken = descriptors[0].take()?.release() ?? -1
        #expect(descriptors[0].raw == nil)
        descriptors = []
        #expect(file.openDescriptors == 2)
        #expect(close(taken) == 0)
    }

    @Test func descriptorsOfQueuedMessagesAreKeptAndThenClosed() async throws {
        let (ours, theirs) = try connectionPair()
        let file = try AnonymousFile()
        let bulk = [UInt8](repeating: 0, count: 2 << 20)
        async let first: Void = ours.send(bulk)
        async let second: Void = ours.send([1] + bulk, descriptors: [file.raw])
        var descriptors: [SharedDescriptor] = []
        var count = 0
        while count < 2 * bulk.count + 1, let chunk = try await theirs.receive() {
            count += chunk.bytes.count
            descriptors += chunk.descriptors
        }
        _ = try await (first, second)
        #expect(descriptors.count == 1)
        #expect(file.openDescriptors == 2)
        // Queued and never sent: closed with the connection.
        descriptors = []
        async let lost: Void = ours.send(bulk)
        async let never: Void = ours.send([1] + bulk, descriptors: [file.raw])
        await Task.yield()
        ours.close()
        _ = try? await lost
        _ = try? await never
        theirs.close()
        #expect(file.openDescriptors == 1)
    }
}

/// A file that only its descriptors name, and how many of them this process has.
private final class AnonymousFile: Sendable {
    let raw: CInt
    private let device: dev_t
    private let inode: ino_t

    init() throws {
        var status = stat()
        raw = try syscall("memfd_create") { clinux_memfd("reactor-test") }
        fstat(raw, &status)
        (device, inode) = (status.st_dev, status.st_ino)
    }

    deinit { close(raw) }

    var openDescriptors: Int {
        (CInt(0)..<1024).count { descriptor in
            var status = stat()
            return fstat(descriptor, &status) == 0 && status.st_dev == device && status.st_ino == inode
        }
    }
}
