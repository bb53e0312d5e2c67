import Glibc
import Linux
import Reactor
import Testing

/// The reactor of all tests: its thread lives as long as the process.
let sharedReactor: Result<Reactor, SystemError> = Result { () throws(SystemError) in try Reactor.start() }

let sharedSpawner: Result<Spawner, SystemError> = Result { () throws(SystemError) in try Spawner.start() }

/// A fresh directory, removed with its files when the test is over.
final class ScratchDirectory: Sendable {
    let path: String

    init() throws {
        var template = Array("/tmp/reactor-tests-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink(path + "/" + name)
            }
            closedir(directory)
        }
        rmdir(path)
    }
}

/// A pipe whose ends can be copied; the macros of Testing refuse noncopyable values.
struct TestPipe {
    let readEnd: SharedDescriptor
    let writeEnd: SharedDescriptor
    let reading: CInt
    let writing: CInt

    init() throws {
        var pipe = try Pipe()
        guard let readEnd = pipe.readEnd.take(), let writeEnd = pipe.writeEnd.take() else {
            throw SystemError(call: "pipe2", code: EBADF)
        }
        reading = readEnd.raw
        writing = writeEnd.raw
        self.readEnd = SharedDescriptor(adopting: readEnd)
        self.writeEnd = SharedDescriptor(adopting: writeEnd)
    }

    /// Moves the reading end to a reader.
    func reader() throws -> PipeReader {
        guard let end = readEnd.take() else { throw SystemError(call: "take", code: EBADF) }
        return try PipeReader(adopting: end, reactor: try sharedReactor.get())
    }
}

func adopt(_ raw: CInt) -> SharedDescriptor { SharedDescriptor(adopting: OwnedDescriptor(adopting: raw)) }

/// Two connections that talk to each other.
func connectionPair(backlogLimit: Int = 8 << 20) throws -> (UnixConnection, UnixConnection) {
    let reactor = try sharedReactor.get()
    var ends: [CInt] = [-1, -1]
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    try syscall("socketpair") { socketpair(AF_UNIX, type, 0, &ends) }
    return (
        try UnixConnection(
            adopting: OwnedDescriptor(adopting: ends[0]),
            reactor: reactor,
            backlogLimit: backlogLimit
        ),
        try UnixConnection(
            adopting: OwnedDescriptor(adopting: ends[1]),
            reactor: reactor,
            backlogLimit: backlogLimit
        )
    )
}

/// A connection to a listening socket, as a client makes it.
func connectTo(_ path: String) throws -> UnixConnection {
    let socket = try OwnedDescriptor.unixSocket(SOCK_STREAM)
    let raw = socket.raw
    let address = try UnixAddress(path: path)
    try syscall("connect") { address.withPointer { connect(raw, $0, $1) } }
    return try UnixConnection(adopting: socket, reactor: try sharedReactor.get())
}

/// Receives until `count` bytes are there or the stream ends.
func receive(_ count: Int, from connection: UnixConnection) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count, let chunk = try await connection.receive() { bytes += chunk.bytes }
    return bytes
}

/// What a program wrote to its standard output, and how it ended.
func run(_ path: String, _ arguments: [String]) async throws -> (output: String, outcome: ExitOutcome) {
    let reactor = try sharedReactor.get()
    let pipe = try TestPipe()
    let reader = try pipe.reader()
    let child = try await sharedSpawner.get().spawn(
        path,
        arguments: arguments,
        environment: ["PATH=/usr/bin:/bin"],
        descriptors: [(pipe.writing, 1)]
    )
    _ = pipe.writeEnd.take()
    var bytes: [UInt8] = []
    #expect(try await reader.readToEnd { bytes += Array($0) })
    return (String(decoding: bytes, as: UTF8.self), try await child.exit(on: reactor))
}
