import CLinux
import Glibc

/// An owned file descriptor, closed exactly once.
package struct OwnedDescriptor: ~Copyable, Sendable {
    package let raw: CInt

    /// Takes over a descriptor that nobody else will close.
    package init(adopting raw: CInt) {
        self.raw = raw
    }

    /// A second descriptor of the same open file, close-on-exec; see fcntl(2), F_DUPFD_CLOEXEC.
    package init(duplicating raw: CInt) throws(SystemError) {
        self.raw = try syscall("fcntl(F_DUPFD_CLOEXEC)") { fcntl(raw, F_DUPFD_CLOEXEC, 3) }
    }

    deinit { _ = close(raw) }

    /// Gives up ownership without closing.
    package consuming func release() -> CInt {
        let descriptor = raw
        discard self
        return descriptor
    }
}

/// A pipe with both ends owned and close-on-exec; take an end to pass it on or to close it early.
package struct Pipe: ~Copyable, Sendable {
    package var readEnd: OwnedDescriptor?
    package var writeEnd: OwnedDescriptor?

    package init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        try syscall("pipe2") { clinux_pipe(&ends) }
        readEnd = OwnedDescriptor(adopting: ends[0])
        writeEnd = OwnedDescriptor(adopting: ends[1])
    }
}
