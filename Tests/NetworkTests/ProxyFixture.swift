import Glibc
import Linux
import Network
import Reactor
import Synchronization
import Tasks
import Testing
import Wire

/// Names that a test gives addresses to; everything else has none.
struct FixedResolver: HostResolver {
    var names: [String: [String]]
    let asked = Asked()

    final class Asked: Sendable {
        let names = Mutex<[String]>([])
    }

    /// Names that were looked up.
    var lookedUp: [String] { asked.names.withLock { $0 } }

    func addresses(of name: String) async -> [IPAddress] {
        asked.names.withLock { $0.append(name) }
        return (names[name] ?? []).compactMap { IPAddress($0) }
    }
}

let reactor: Result<Reactor, SystemError> = Result { () throws(SystemError) in try Reactor.start() }

/// A proxy on loopback, and what it has recorded.
final class ProxyFixture: Sendable {
    let proxy: FilteringProxy
    let port: UInt16
    let resolver: FixedResolver
    private let records: Records

    private final class Records: Sendable {
        let all = Mutex<[NetworkRequest]>([])
    }

    init(
        allows hosts: [String],
        administrator: [String]? = nil,
        ports: Set<UInt16>,
        names: [String: [String]] = [:],
        change: (inout FilteringProxy.Limits) -> Void = { _ in }
    ) throws {
        let records = Records()
        let (socket, port) = try listen()
        var limits = FilteringProxy.Limits()
        change(&limits)
        resolver = FixedResolver(names: names)
        proxy = try FilteringProxy(
            listener: try taken(socket),
            rules: Self.rules(hosts, administrator, ports),
            phase: .agent,
            limits: limits,
            resolver: resolver,
            reactor: reactor.get(),
            record: { request in records.all.withLock { $0.append(request) } }
        )
        self.records = records
        self.port = port
        proxy.start()
    }

    static func rules(_ hosts: [String], _ administrator: [String]?, _ ports: Set<UInt16> = [80, 443]) -> HostRules {
        HostRules(
            task: HostList(hosts.compactMap(AllowedHost.init)),
            administrator: administrator.map { HostList($0.compactMap(AllowedHost.init)) },
            ports: ports
        )
    }

    var recorded: [NetworkRequest] { records.all.withLock { $0 } }

    /// Sends bytes over a connection of its own and reads to the end.
    func exchange(_ text: String) async throws -> String {
        let socket = try await connect()
        #expect(try await socket.send(Array(text.utf8)))
        return try await rest(of: socket)
    }

    func connect() async throws -> StreamSocket {
        let loopback = try #require(IPAddress("127.0.0.1"))
        return try await StreamSocket.connect(to: loopback, port: port, reactor: reactor.get())
    }

    /// What comes until the other side ends, within a minute.
    func rest(of socket: StreamSocket) async throws -> String {
        let bytes = try await withDeadline(.seconds(60)) { () async throws -> [UInt8] in
            var all: [UInt8] = []
            while let more = try await socket.receive() { all += more }
            return all
        }
        return String(decoding: try #require(bytes, "no end within a minute"), as: UTF8.self)
    }

    /// Waits until so many requests are recorded.
    func records(_ count: Int) async throws -> [NetworkRequest] {
        for _ in 0..<3000 where recorded.count < count { try await Task.sleep(for: .milliseconds(10)) }
        return recorded
    }
}

/// A socket that listens on a free port of 127.0.0.1.
func listen() throws -> (socket: SharedDescriptor, port: UInt16) {
    let raw = try syscall("socket") { socket(AF_INET, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0) }
    let owned = SharedDescriptor(adopting: OwnedDescriptor(adopting: raw))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &address) { pointer throws(SystemError) in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer throws(SystemError) in
            try syscall("bind") { bind(raw, pointer, length) }
            try syscall("listen") { Glibc.listen(raw, 16) }
            try syscall("getsockname") { getsockname(raw, pointer, &length) }
        }
    }
    return (owned, UInt16(bigEndian: address.sin_port))
}

/// What nobody has taken yet.
private func taken(_ socket: SharedDescriptor) throws -> OwnedDescriptor {
    guard let owned = socket.take() else { throw SystemError(call: "take", code: EBADF) }
    return owned
}

/// A server on loopback that takes one connection after the other on a thread of its own.
final class Origin: Sendable {
    let port: UInt16
    private let seen = Seen()

    private final class Seen: Sendable {
        let requests = Mutex<[String]>([])
    }

    /// `answer` is given what was received once the head is whole, and returns what is sent before the end.
    init(_ answer: @escaping @Sendable (String) -> String) throws {
        let (socket, port) = try NetworkTests.listen()
        self.port = port
        let raw = try taken(socket).release()
        let seen = seen
        Task {
            try await onOwnThread {
                while true {
                    let client = accept(raw, nil, nil)
                    guard client >= 0 else { return }
                    let text = Self.read(client)
                    seen.requests.withLock { $0.append(text) }
                    let reply = Array(answer(text).utf8)
                    _ = Glibc.send(client, reply, reply.count, CInt(MSG_NOSIGNAL))
                    Glibc.close(client)
                }
            }
        }
    }

    /// What its clients have sent.
    var requests: [String] { seen.requests.withLock { $0 } }

    /// A head and the content that it announces, or what there is of it.
    private static func read(_ client: CInt) -> String {
        var (all, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
        while true {
            let text = String(decoding: all, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let length = text.split(separator: "\r\n").compactMap { line in
                    line.lowercased().hasPrefix("content-length: ") ? Int(line.dropFirst(16)) : nil
                }.first
                if text[end.upperBound...].utf8.count >= length ?? 0 { return text }
            }
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { return text }
            all += buffer[..<count]
        }
    }
}

extension String {
    /// The first place of a text in it.
    func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
