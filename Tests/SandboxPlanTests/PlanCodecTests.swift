import Statistics
import Testing

@testable import SandboxPlan

/// What crosses the wall between daemon and init must survive the way, and nothing else may be taken for it.
struct PlanCodecTests {
    static let operations: [Operation] = [
        .layer(name: "u", path: "../layer-1", writable: true),
        .sourceLayer(name: "h0", index: 3),
        .overlay(lowers: ["f0/root/upper", "h0"], upper: "u/root", target: "/"),
        .overlay(lowers: ["h1", "h2"], upper: nil, target: "/usr"),
        .attach(layer: "h3/etc", target: "/etc", readOnly: true),
        .tmpfs(target: "/tmp", bytes: .max, inodes: 7, mode: 0o1777),
        .proc(target: "/proc"),
        .devices(target: "/dev", sharedMemoryBytes: 64 << 20),
        .directory(target: "/logs", mode: 0o777, uid: 1, gid: 2),
        .ensureDirectory(target: "/app/größe"),
        .freshDirectory(layer: "u/logs", target: "/logs/verifier", mode: 0o777),
        .file(target: "/etc/hostname", text: "sandbox\n\"\0x", mode: 0o644),
    ]
    static let plan = Plan(
        hostname: "sandbox",
        identities: [IdentityRange(inside: 0, outside: 0x7000_0000, count: 65536)],
        sources: ["/usr", "/state/images/host"],
        operations: operations,
        mapsSources: true
    )
    static let program = ProgramPlan(
        argv: ["/bin/sh", "-c", "true"],
        environment: ["A=b", "EMPTY="],
        workingDirectory: "/app",
        user: .name("agent"),
        capabilities: [0, 1, 40],
        resourceLimits: [ResourceLimit(resource: 7, value: 4096)],
        seccomp: [6, 0, 0, 0, 0, 0, 255, 127],
        terminal: TerminalSize(rows: 24, columns: 80)
    )
    private static func reading(_ archive: LayerArchive?) -> LauncherRequest {
        .read(
            LayerReading(
                layer: "/m/layer-1",
                identities: [IdentityRange(inside: 0, outside: 1000, count: 65536)],
                listed: ["root/upper", "usr/upper"],
                limits: TreeLimits(depth: 7, contents: false),
                archive: archive,
                seccomp: [1, 2, 3]
            )
        )
    }

    static let requests: [ControlRequest] = [
        .run(id: 1, program, joins: 5, isLast: true), .signal(id: 2, number: 9),
        .collect(id: 3, path: "/logs/verifier", limits: TreeLimits()), .inspect(id: .max),
        .file(id: 4, .read(path: path, offset: 1, length: .max), root, directory: "/app"),
        .file(id: 4, .write(path: path, mode: 0o600, how: .append, makesParents: true), agent, directory: ""),
        .file(id: 4, .list(path: path, limit: 9), agent, directory: path),
        .file(id: 4, .status(path: path, followsLinks: true), agent, directory: path),
        .file(id: 4, .remove(path: path, isRecursive: true), agent, directory: path),
        .file(id: 4, .makeDirectory(path: path, mode: 0o755, makesParents: false), agent, directory: path),
        .file(id: 4, .listen(path: path), root, directory: path),
        .file(id: 4, .pack(path: path, limits: .transfer), root, directory: path),
        .file(id: 4, .unpack(path: path), root, directory: path),
    ]
    static let path = SandboxPath(bytes: [0xff, 10, 0x2f])
    static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: [1, 2])
    static let agent = ActingUser(.name("agent"), capabilities: [])
    static let status = FileStatus(kind: .symlink, size: 1, mode: 0o777, uid: 2, gid: 3, modified: -4, target: path)
    static let times = {
        var times = SetupTimes()
        (times.ordered, times.separated, times.equipped, times.rooted, times.joined) = (1, 2, 3, 4, .max)
        return times
    }()
    static let changes = {
        var changes = LayerChanges()
        (changes.created, changes.modified, changes.deleted) = ([[0x2f, 0xff], []], [[0x2f, 10]], [])
        (changes.unlisted, changes.isShared) = (.max, true)
        return changes
    }()
    static let events: [ControlEvent] = [
        .ready(times), .setupFailed(SetupFailure(stage: .operation, index: 6, call: "mount overlay", errno: 13)),
        .started(id: 1, pid: 2), .notStarted(id: 1, SetupFailure(stage: .execute, call: "execve", errno: 2)),
        .terminal(id: 1), .exited(id: 9, code: 137, signaled: false, full: [.inodes], changes: changes), .asking(id: 7),
        .exited(id: 9, code: 9, signaled: true, full: [], changes: nil),
        .inspected(id: 3, processes: 4, ports: [22, 65535], hasRoute: true),
        .answered(id: 5, FileReply(count: .max, isComplete: false, status: status)),
        .fileFailed(id: 5, FileFailure(path: path, errno: 13)),
        .fileFailed(id: 5, FileFailure(path: path, reason: .notRegular(.fifo))),
        .fileFailed(id: 5, FileFailure(path: path, reason: .limit("a"))),
        .fileFailed(id: 5, FileFailure(path: path, reason: .refused("b"))),
    ]

    @Test func planSurvivesTheWay() throws {
        #expect(try Plan(decoding: Self.plan.encoded()) == Self.plan)
    }

    @Test func messagesSurviveTheWay() throws {
        for request in Self.requests { #expect(try ControlRequest(decoding: request.encoded()) == request) }
        for event in Self.events { #expect(try ControlEvent(decoding: event.encoded()) == event) }
        let configuration = LauncherConfiguration(
            keeper: [IdentityRange(inside: 0, outside: 1000, count: 1)],
            keeperGroups: [],
            mounts: "/m"
        )
        let decoded = try LauncherConfiguration(decoding: configuration.encoded())
        #expect(decoded == configuration)
        for request in [
            LauncherRequest.launch(beside: -1),
            .makeLayer(path: "/m/layer-1", kind: .disk, bytes: 1 << 40, inodes: 9, owner: 5),
            .removeLayer(path: "/m/x"),
            .adopt(source: "/s", path: "/a", owner: 1), .removeTree(path: "/b"), Self.reading(LayerArchive()),
            Self.reading(LayerArchive(directory: "d", excluded: ["a", "b"], hasMarks: false)), Self.reading(nil),
        ] { #expect(try LauncherRequest(decoding: request.encoded()) == request) }
    }

    @Test func everyPathSurvivesAsText() throws {
        var generator = SplitMix64(seed: 7)
        // Biased to what escapes are made of.
        let alphabet: [UInt8] = [0x5c, 0x78, 0x30, 0x66, 0x46, 0x0a, 0x2f, 0xc3, 0xbc, 0xff, 0x20, 0x61]
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? .random(in: 0...255, using: &generator)
            }
            let path = SandboxPath(bytes: bytes)
            #expect(SandboxPath(printable: path.description) == path)
            #expect(!path.description.contains("\n"))
        }
        let entries = [
            DirectoryEntry(name: Self.path, status: Self.status), DirectoryEntry(name: "", status: Self.status),
        ]
        #expect(try DirectoryEntry.decodeAll(entries.flatMap { $0.encoded() }) == entries)
    }

    @Test func everyTruncationIsAnError() {
        let whole = Self.plan.encoded()
        for length in 0..<whole.count {
            #expect(throws: CodecError.self) { try Plan(decoding: Array(whole[..<length])) }
        }
        for event in Self.events {
            let bytes = event.encoded()
            for length in 0..<bytes.count {
                #expect(throws: CodecError.self) { try ControlEvent(decoding: Array(bytes[..<length])) }
            }
        }
    }

    @Test func truncatedMessagesAreErrors() {
        func check(_ whole: [UInt8], _ decode: ([UInt8]) throws -> Void) {
            for length in 0..<whole.count {
                #expect(throws: CodecError.self) { try decode(Array(whole[..<length])) }
            }
            #expect(throws: CodecError.self) { try decode(whole + [0]) }
        }
        for request in Self.requests { check(request.encoded()) { _ = try ControlRequest(decoding: $0) } }
        let failure = SetupFailure(stage: .layer, index: 3, call: "mount", errno: 28)
        for reply in [LauncherReply.launched(pid: 7), .done, .failed(failure)] {
            check(reply.encoded()) { _ = try LauncherReply(decoding: $0) }
        }
        for request in [
            LauncherRequest.launch(beside: -1), .adopt(source: "/s", path: "/a", owner: 1), .removeTree(path: "/b"),
            Self.reading(LayerArchive(excluded: ["a"])),
        ] {
            check(request.encoded()) { _ = try LauncherRequest(decoding: $0) }
        }
    }

    @Test func repliesAndTreeEntriesSurviveTheWay() throws {
        for stage in SetupStage.allCases {
            let failure = SetupFailure(stage: stage, index: 3, call: "mount ü", errno: 28)
            #expect(try LauncherReply(decoding: LauncherReply.failed(failure).encoded()) == .failed(failure))
            #expect(!stage.text.isEmpty)
        }
        #expect(try LauncherReply(decoding: LauncherReply.launched(pid: 7).encoded()) == .launched(pid: 7))
        for kind: TreeEntry.Kind in [.file, .directory, .symlink, .deleted, .other, .end, .hardlink] {
            let entry = TreeEntry(
                kind: kind,
                path: [0xff, 0x2f, 10],
                mode: 0o100644,
                size: .max,
                contentBytes: 5,
                target: [1],
                modified: -1
            )
            let bytes = entry.encoded()
            #expect(bytes.prefix(4).elementsEqual([UInt8(bytes.count - 4), 0, 0, 0]))
            #expect(try TreeEntry(decoding: Array(bytes.dropFirst(4))) == entry)
        }
    }

    /// Nothing that was ever encoded: random from the first byte on.
    @Test func randomBytesNeverTrap() {
        var generator = SplitMix64(seed: 2_000)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...300, using: &generator)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // A small first byte is one that a decoder goes on with.
            if let first = bytes.first { bytes[0] = first % 8 }
            _ = try? Plan(decoding: bytes)
            _ = try? ControlRequest(decoding: bytes)
            _ = try? ControlEvent(decoding: bytes)
            _ = try? LauncherRequest(decoding: bytes)
            _ = try? LauncherReply(decoding: bytes)
            _ = try? LauncherConfiguration(decoding: bytes)
            _ = try? TreeEntry(decoding: bytes)
        }
    }

    @Test func trailingBytesAreAnError() {
        #expect(throws: CodecError.trailingBytes(1)) { try Plan(decoding: Self.plan.encoded() + [0]) }
    }

    /// Garbage may be refused or (rarely) mean something, but must not trap or reserve memory for a lie.
    @Test func mutationsNeverTrap() {
        var generator = SplitMix64(seed: 20_261_121)
        let samples = [Self.plan.encoded()] + Self.requests.map { $0.encoded() } + Self.events.map { $0.encoded() }
        var refused = 0
        for _ in 0..<3_000 {
            var bytes = samples.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            if (try? Plan(decoding: bytes)) == nil { refused += 1 }
            _ = try? ControlRequest(decoding: bytes)
            _ = try? ControlEvent(decoding: bytes)
            _ = try? TreeEntry(decoding: bytes)
        }
        #expect(refused > 1_000)
    }
}
