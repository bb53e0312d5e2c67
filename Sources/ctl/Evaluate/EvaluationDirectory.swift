import Evaluation
import FoundationEssentials
import Glibc
import Linux
import Wire

/// Where an evaluation keeps all that it needs to go on: its plan, a line for each result, and what is made of them.
final class EvaluationDirectory {
    let path: String
    private(set) var plan: EvaluationPlan
    private(set) var records: [EvaluationRecord] = []
    private let results: OwnedDescriptor

    /// Begins an evaluation, or goes on with one of the same plan.
    init(_ path: String, plan: EvaluationPlan) throws {
        self.path = path
        let place = path + "/plan.json"
        if let data = FileManager.default.contents(atPath: place) {
            self.plan = try Self.plan(in: [UInt8](data), at: place)
            let differences = plan.differences(from: self.plan)
            guard differences.isEmpty else {
                throw OperationError(
                    cause: "\(path) holds another evaluation: \(differences.joined(separator: ", ")) differ",
                    remedy: "give the same options to go on with it, or another --out"
                )
            }
        } else {
            guard ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).isEmpty else {
                throw OperationError(cause: "\(path) holds something that is no evaluation", remedy: "name a new --out")
            }
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            self.plan = plan
            try Self.write(try WireJSON.encodePretty(plan), to: place)
        }
        let file = open(path + "/results.jsonl", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw OperationError(cause: "\(path)/results.jsonl: \(errorText(errno))") }
        results = OwnedDescriptor(adopting: file)
        guard flock(results.raw, LOCK_EX | LOCK_NB) == 0 else {
            throw OperationError(cause: "another executorctl evaluates in \(path)", remedy: "wait for it, or end it")
        }
        try readResults()
    }

    private static func plan(in bytes: [UInt8], at place: String) throws -> EvaluationPlan {
        do {
            return try WireJSON.decode(EvaluationPlan.self, from: bytes)
        } catch {
            throw OperationError(cause: "\(place) is no plan of this version: \(error)", remedy: "name a new --out")
        }
    }

    /// A last line that a crash has cut is dropped; what it told is measured again.
    private func readResults() throws {
        let place = path + "/results.jsonl"
        let bytes = [UInt8](FileManager.default.contents(atPath: place) ?? Data())
        do {
            let read = try EvaluationRecord.read(bytes)
            records = read.records
            if read.whole < bytes.count { ftruncate(results.raw, off_t(read.whole)) }
        } catch {
            throw OperationError(
                cause: "\(place):\(error.line): not a result",
                remedy: "remove this line: what it told is measured again"
            )
        }
    }

    /// Keeps results; when this returns they survive a crash.
    func append(_ new: [EvaluationRecord]) throws {
        var bytes: [UInt8] = []
        for record in new { bytes += try WireJSON.encode(record) + [UInt8(ascii: "\n")] }
        let written = bytes.withUnsafeBytes { Glibc.write(results.raw, $0.baseAddress, $0.count) }
        guard written == bytes.count, fdatasync(results.raw) == 0 else {
            throw OperationError(
                cause: "\(path)/results.jsonl: \(errorText(errno))",
                remedy: "make room, then give the same command again"
            )
        }
        records += new
    }

    func task(_ instance: Instance) -> String { "\(path)/tasks/\(instance.path)" }

    /// Writes a file as a whole or not at all.
    static func write(_ bytes: [UInt8], to place: String) throws {
        try Data(bytes).write(to: URL(filePath: place), options: .atomic)
    }

    func writeReports(_ report: EvaluationReport) throws {
        try Self.write(try WireJSON.encodePretty(report), to: path + "/report.json")
        try Self.write(Array(Page(report).html.utf8), to: path + "/report.html")
    }
}
