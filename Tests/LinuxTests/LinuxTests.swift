import Glibc
import Testing

@testable import Linux

struct SystemErrorTests {
    @Test func namesCallAndCause() {
        let error = #expect(throws: SystemError.self) {
            try syscall("open /nonexistent/x") { open("/nonexistent/x", O_RDONLY) }
        }
        #expect(error?.code == ENOENT)
        #expect(error?.description == "open /nonexistent/x: No such file or directory")
        #expect(errorText(99_999) == "errno 99999")
    }
}

struct OwnedDescriptorTests {
    private func isOpen(_ descriptor: CInt) -> Bool { fcntl(descriptor, F_GETFD) >= 0 }

    @Test func closesExactlyOnce() throws {
        var pipe = try Pipe()
        guard let end = pipe.readEnd.take() else {
            Issue.record("no read end")
            return
        }
        let read = end.release()
        #expect(isOpen(read))
        #expect(fcntl(read, F_GETFD) & FD_CLOEXEC != 0)
        close(read)
    }
}

struct MessageSocketTests {
    @Test func whatAPeerSaidIsHeardThoughItEndedWithoutListening() throws {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        defer { close(ends[0]) }
        #expect(sendMessage(ends[0], [1], []))
        #expect(sendMessage(ends[1], [2], []))
        close(ends[1])
        #expect(receiveMessage(ends[0])?.bytes == [2])
        #expect(receiveMessage(ends[0]) == nil && errno == 0)
    }

    @Test func descriptorsTravelWithTheirMessage() throws {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        defer { for end in ends where end >= 0 { close(end) } }
        let raw = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(raw) }
        #expect(sendMessage(ends[0], [1, 2, 3], [raw]))
        #expect(sendMessage(ends[0], [4], []))
        let first = try #require(receiveMessage(ends[1]))
        #expect(first.bytes == [1, 2, 3])
        #expect(first.descriptors.count == 1)
        for descriptor in first.descriptors {
            #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
            close(descriptor)
        }
        #expect(receiveMessage(ends[1])?.bytes == [4])
        close(ends[0])
        ends[0] = -1
        #expect(receiveMessage(ends[1]) == nil)
    }
}
