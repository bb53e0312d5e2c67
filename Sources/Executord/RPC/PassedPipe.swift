import Glibc
import Reactor
import Wire

extension SharedDescriptor {
    /// The descriptor, if it is a pipe's: what goes into a sandbox shall not be more of the host than a stream.
    ///
    /// - Throws: `invalidParams` for files, terminals, sockets and devices.
    func pipe(_ method: String) throws(WireError) -> SharedDescriptor {
        var status = stat()
        guard let raw, fstat(raw, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else {
            throw WireError(
                .invalidParams,
                "\(method): the descriptor is not a pipe's",
                remedy: "pass one end of pipe(2)"
            )
        }
        return self
    }
}
