import CLinux
import Glibc
import Linux
import Reactor
import Testing

@Suite(.serialized, .timeLimit(.minutes(1))) struct ReactorTests {
    @Test func cancellationEndsAWait() async throws {
        let reactor = try sharedReactor.get()
        let pipe = try TestPipe()
        let raw = pipe.reading
        let wait = Task { await reactor.waitUntilReady(raw) }
        wait.cancel()
        #expect(await wait.value == false)
    }

    @Test func aCallIsMadeAtEachEdgeUntilItIsForgotten() async throws {
        let reactor = try sharedReactor.get()
        let pipe = try TestPipe()
        let raw = pipe.reading
        let (calls, call) = AsyncStream<Void>.makeStream()
        #expect(reactor.call(whenReady: raw) { call.yield() })
        var made = calls.makeAsyncIterator()
        for _ in 0..<2 {
            #expect(write(pipe.writing, "x", 1) == 1)
            #expect(await made.next() != nil)
        }
        reactor.forget(raw)
        // Whoever waits now has the edge, and no call is made before that.
        #expect(await reactor.waitUntilReady(raw))
        call.finish()
        #expect(await made.next() == nil)
        let file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        #expect(!reactor.call(whenReady: file) { Issue.record("a regular file is not watched") })
    }

    @Test func nothingIsReadyBeforeItIs() async throws {
        let reactor = try sharedReactor.get()
        let pipe = try TestPipe()
        let raw = pipe.reading
        let early = await withDeadline(.milliseconds(20)) { await reactor.waitUntilReady(raw) }
        #expect(early == nil, "an edge without readiness makes waiting loops spin")
        #expect(write(pipe.writing, "x", 1) == 1)
        #expect(await reactor.waitUntilReady(raw), "readiness from before the registration counts")
    }

    @Test func readersAndWritersOfOneDescriptorAreIndependent() async throws {
        let reactor = try sharedReactor.get()
        var ends: [CInt] = [-1, -1]
        try syscall("socketpair") { socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) }
        let (ours, theirs) = (adopt(ends[0]), adopt(ends[1]))
        defer { withExtendedLifetime((ours, theirs)) {} }
        let readable = reactor.readiness(of: ends[0])
        let writable = await reactor.waitUntilReady(ends[0], for: .write)
        #expect(writable)
        #expect(write(ends[1], "x", 1) == 1)
        var edges = readable.makeAsyncIterator()
        #expect(await edges.next() != nil, "the writer's end of waiting must not end the reader's")
        reactor.forget(ends[0])
        #expect(await edges.next() == nil)
    }

    @Test func aReusedNumberGetsNoOldEdges() async throws {
        let reactor = try sharedReactor.get()
        let old = try TestPipe()
        let number = old.reading
        let stale = reactor.readiness(of: number)
        #expect(write(old.writing, "x", 1) == 1)
        // The old file stays open under another number, so the kernel may still report it.
        let survivor = adopt(try syscall("dup") { dup(number) })
        reactor.forget(number)
        let new = try TestPipe()
        try syscall("dup2") { dup2(new.reading, number) }
        let early = await withDeadline(.milliseconds(20)) { await reactor.waitUntilReady(number) }
        #expect(early == nil)
        var edges = stale.makeAsyncIterator()
        while await edges.next() != nil {}
        withExtendedLifetime((old, survivor, new)) {}
    }

    @Test func aRegularFileIsReadyOnce() async throws {
        let reactor = try sharedReactor.get()
        let file = try syscall("open") { open("/etc/passwd", O_RDONLY | O_CLOEXEC) }
        var count = 0
        for await _ in reactor.readiness(of: file) { count += 1 }
        close(file)
        #expect(count == 1)
    }
}

@Suite(.timeLimit(.minutes(1))) struct DeadlineTests {
    struct Refused: Error {}

    @Test func workInTimeIsReturned() async throws {
        #expect(await withDeadline(.seconds(30)) { 7 } == 7)
        await #expect(throws: Refused.self) { try await withDeadline(.seconds(30)) { () throws in throw Refused() } }
    }

    @Test func lateWorkIsCancelledAndOver() async throws {
        let reactor = try sharedReactor.get()
        let pipe = try TestPipe()
        let raw = pipe.reading
        let result = await withDeadline(.milliseconds(5)) { await reactor.waitUntilReady(raw) }
        #expect(result == nil)
    }

    @Test func theCallersCancellationIsNotTheDeadline() async throws {
        let reactor = try sharedReactor.get()
        let pipe = try TestPipe()
        let raw = pipe.reading
        let task = Task { await withDeadline(.seconds(30)) { await reactor.waitUntilReady(raw) } }
        task.cancel()
        #expect(await task.value == false)
    }

    @Test func aLimitThatWasNotNeededLeavesNothing() async throws {
        weak var kept: Token?
        do {
            let result = await withDeadline(.seconds(3600)) { Token() }
            kept = result
            #expect(kept != nil)
            withExtendedLifetime(result) {}
        }
        // The task itself may go a moment after its answer.
        let deadline = ContinuousClock.now + .seconds(20)
        while kept != nil, .now < deadline { await Task.yield() }
        #expect(kept == nil)
    }
}

@Suite(.timeLimit(.minutes(1))) struct AlarmTests {
    @Test func aSoonerOneDoesNotWaitForOneThatWasSetBefore() async {
        let later = Alarm(after: .seconds(3600)) {}
        let start = ContinuousClock.now
        await withCheckedContinuation { (called: CheckedContinuation<Void, Never>) in
            _ = Alarm(after: .milliseconds(20)) { called.resume() }
        }
        #expect(.now - start >= .milliseconds(20))
        later.cancel()
    }

    @Test func nothingIsKeptOfACancelledOne() {
        weak var kept: Token?
        let alarm: Alarm
        do {
            let token = Token()
            kept = token
            alarm = Alarm(after: .seconds(3600)) { withExtendedLifetime(token) {} }
        }
        #expect(kept != nil)
        alarm.cancel()
        #expect(kept == nil)
    }
}

/// Something that can be seen to be gone.
private final class Token: Sendable {}
