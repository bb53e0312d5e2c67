import FoundationEssentials
import Glibc
import Linux
import Tasks
import Testing
import Wire

/// docs/protocol.md is true: every example is sent to a daemon, and answered as the page says.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct ProtocolExamplesTests {
    /// A request of the page and the line that answers it there.
    private struct Example {
        let id: RequestID
        let method: String
        let request: String
        let reply: String
    }

    private static let page = Repository.root + "/docs/protocol.md"

    private func examples() throws -> [Example] {
        let text = try String(contentsOfFile: Self.page, encoding: .utf8)
        let lines = text.split(separator: "\n").map(String.init).filter { $0.hasPrefix("{") }
        var examples: [Example] = []
        for line in lines {
            guard let call = try? WireJSON.decode(Envelope.self, from: Array(line.utf8)), let id = call.id,
                let method = call.method
            else { continue }
            guard case .number(let number) = id else { continue }
            let reply = lines.first { other in
                !other.hasPrefix("{\"jsonrpc\"") && other.contains("\"id\":\(number),\"jsonrpc\"")
            }
            examples.append(
                Example(id: id, method: method, request: line, reply: try #require(reply, "no reply to \(line)"))
            )
        }
        return examples
    }

    /// The names of all methods, from their declarations.
    private func declaredMethods() throws -> Set<String> {
        var names: Set<String> = []
        let folder = Repository.root + "/Sources/Wire"
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".swift") {
            let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
            for part in text.components(separatedBy: "package static let name = \"").dropFirst() {
                names.insert(String(part.prefix { $0 != "\"" }))
            }
        }
        return names
    }

    @Test func everyMethodAndNotificationIsOnThePage() throws {
        let text = try String(contentsOfFile: Self.page, encoding: .utf8)
        for name in try declaredMethods() { #expect(text.contains("\"method\":\"\(name)\""), "\(name) has no example") }
    }

    @Test func everyExampleIsAnsweredAsThePageSays() async throws {
        let station = try await Station.start()
        let client = try RawClient(station.socket)
        var names = Substitutions()
        let all = try examples()
        #expect(all.count > 40)
        // Whoever stops the daemon comes last, and only an embedded one takes `sandbox.exec`.
        let order =
            all.filter { $0.method != DaemonShutdown.name && $0.method != SandboxExec.name }
            + all.filter { $0.method == DaemonShutdown.name }
        for example in order {
            let streams = try Streams(for: example.method, in: station)
            #expect(client.send(line: names.apply(to: example.request), descriptors: streams.passed))
            streams.handOver()
            let reply = try answer(to: example, client)
            streams.end()
            #expect(!reply.isEmpty, "\(example.method): the daemon is gone")
            let missing = keys(example.reply).subtracting(keys(reply))
            #expect(missing.isEmpty, "\(example.method): the reply has no \(missing.sorted()): \(reply.prefix(600))")
            names.learn(from: example.reply, reply, of: example.method)
            try drain(after: example.method, client)
        }
    }

    /// The frame with the example's id; notifications before it are passed over.
    private func answer(to example: Example, _ client: RawClient) throws -> String {
        while let frame = try client.receiveFrame() {
            let envelope = try WireJSON.decode(Envelope.self, from: frame)
            if envelope.id == example.id { return String(decoding: frame, as: UTF8.self) }
        }
        return ""
    }

    /// Waits until what is watched has ended.
    private func drain(after method: String, _ client: RawClient) throws {
        let end = [TrialWatch.name: "\"summary\":", JobWatch.name: "\"isLast\":true"][method]
        while let end, let frame = try client.receiveFrame() {
            if String(decoding: frame, as: UTF8.self).contains(end) { return }
        }
    }

    /// The names of all members in a line, also of one that is cut.
    private func keys(_ line: String) -> Set<String> {
        var keys: Set<String> = []
        for part in line.components(separatedBy: "\":").dropLast() {
            let name = part.split(separator: "\"", omittingEmptySubsequences: false).last.map(String.init) ?? ""
            if name.allSatisfy({ $0.isLetter || $0.isNumber }) { keys.insert(name) }
        }
        return keys.subtracting(Self.optional)
    }

    /// What depends on the host or on the moment.
    private static let optional: Set<String> = [
        "cpuMilliseconds", "peakMemoryBytes", "secondsLeft", "startedAt", "endedAt", "finishedAt", "remedy", "cost",
        "outcome", "reward",
    ]
}

/// The names of the page and what they are in this run.
private struct Substitutions {
    private var pairs: [String: String] = [:]

    func apply(to line: String) -> String {
        pairs.reduce(line) { $0.replacing("\"\($1.key)\"", with: "\"\($1.value)\"") }
    }

    /// Pairs members of both replies: tokens, trials, digests.
    mutating func learn(from documented: String, _ real: String, of method: String) {
        for key in ["session", "trial", "digest"] {
            guard let theirs = value(key, documented), let ours = value(key, real) else { continue }
            pairs[theirs] = ours
        }
    }

    private func value(_ key: String, _ line: String) -> String? {
        let parts = line.components(separatedBy: "\"\(key)\":\"")
        guard parts.count > 1 else { return nil }
        return String(parts[1].prefix { $0 != "\"" })
    }
}

/// The descriptors that an example takes.
private final class Streams {
    private(set) var passed: [CInt] = []
    private var kept: [CInt] = []
    private var content: [UInt8] = []

    init(for method: String, in station: Station) throws {
        switch method {
        case TaskUpload.name, ActionUpload.name, ImageImport.name:
            let spool = station.scratch.path + "/spool-\(UInt32.random(in: 0 ... .max))"
            let file = open(spool, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            defer { close(file) }
            try TaskArchive.pack(Repository.helloWorld, to: file)
            content = Array(try Data(contentsOf: URL(filePath: spool)))
            try makePipe(passingReadEnd: true)
        case SkillUpload.name, SkillCheck.name, SkillImport.name:
            let folder = "skill-\(UInt32.random(in: 0 ... .max))"
            try station.scratch.write(
                folder + "/SKILL.md",
                "---\nname: csv-clean\ndescription: Repairs tables.\n---\n\nRepair it.\n"
            )
            let spool = open(station.scratch.path + "/" + folder + ".tar", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            defer { close(spool) }
            try TreeArchive.pack(station.scratch.path + "/" + folder, to: spool)
            content = Array(try Data(contentsOf: URL(filePath: station.scratch.path + "/" + folder + ".tar")))
            try makePipe(passingReadEnd: true)
        case TrialExport.name, ActionDownload.name, SkillExport.name: try makePipe(passingReadEnd: false)
        default: break
        }
    }

    private func makePipe(passingReadEnd: Bool) throws {
        var pipe = try Pipe()
        guard let readEnd = pipe.readEnd.take()?.release(), let writeEnd = pipe.writeEnd.take()?.release() else {
            return
        }
        passed = [passingReadEnd ? readEnd : writeEnd]
        kept = [passingReadEnd ? writeEnd : readEnd]
    }

    /// They are on their way: what is to be read is written, and small enough for a pipe.
    func handOver() {
        for descriptor in passed { close(descriptor) }
        guard !content.isEmpty, let sink = kept.first else { return }
        _ = content.withUnsafeBytes { write(sink, $0.baseAddress, $0.count) }
        close(sink)
        kept = []
    }

    func end() {
        for descriptor in kept { close(descriptor) }
    }
}
