import Distillation
import FoundationEssentials
import Glibc
import Skills
import Testing

/// What goes to a distiller and what comes back.
struct ContractTests {
    private func example(_ name: String) throws -> Data {
        try #require(FileManager.default.contents(atPath: "\(Repository.root)/docs/schemas/examples/\(name)"))
    }

    private func request() throws -> DistillRequest {
        try JSONDecoder().decode(DistillRequest.self, from: try example("request.json"))
    }

    private func response(_ change: (inout DistillResponse) -> Void = { _ in }) throws -> DistillResponse {
        var response = try JSONDecoder().decode(DistillResponse.self, from: try example("response.json"))
        change(&response)
        return response
    }

    private func decoded(_ text: String, replacing old: String, with new: String) throws -> DistillResponse {
        #expect(text.contains(old))
        return try JSONDecoder().decode(DistillResponse.self, from: Data(text.replacing(old, with: new).utf8))
    }

    private func encoded(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    @Test func theExampleAgreesWithItself() throws {
        let request = try request()
        #expect(request.trajectories.count == 3 && request.trajectories[0].actions[2].kind == .write)
        #expect(request.library.skills[0].stats.contexts[0].matchedFailures == 5)
        #expect(try ResponseCheck.findings(in: response(), for: request) == [])
        // What is read is written, and read again, without loss.
        #expect(try JSONDecoder().decode(DistillRequest.self, from: encoded(request)) == request)
        #expect(try JSONDecoder().decode(DistillResponse.self, from: encoded(response())) == response())
    }

    /// Examples, and what this program writes itself, by a validator that others wrote.
    @Test func everythingFitsTheSchemas() async throws {
        let directory = try TemporaryDirectory()
        let request = try request()
        let answers: [(String, Data)] = [
            ("request", try encoded(request)),
            ("fixture", try encoded(RunFixture.request(RunFixture.reports))),
            ("response", try encoded(response())),
            ("mine", try encoded(try await MineDistiller().distill(request, context: .init()))),
            ("raw", try encoded(try await RawDistiller().distill(request, context: .init()))),
            ("curate", try encoded(try await CurateDistiller().distill(request, context: .init()))),
        ]
        var files = ["request.json", "response.json"].map { "\(Repository.root)/docs/schemas/examples/\($0)" }
        for (name, data) in answers { files.append(try directory.write(data, to: "\(name).json")) }
        let all = try FileManager.default.contentsOfDirectory(atPath: "\(Repository.root)/docs/schemas/examples")
        #expect(all.count == 2, "an example that is not validated here")
        let result = try validate(files)
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.split(separator: "\n").count == files.count)

        // The control: what is wrong is seen.
        let silent = try encoded(response { $0.proposals[0].predicts = nil })
        #expect(try validate([directory.write(silent, to: "silent.json")]).status == 1)
        let uncited = try encoded(response { $0.proposals[0].edits[0].evidence = [] })
        #expect(try validate([directory.write(uncited, to: "uncited.json")]).status == 1)
    }

    private func validate(_ files: [String]) throws -> (status: CInt, output: String) {
        let command = "python3 \(Repository.root)/docs/schemas/validate.py \(files.joined(separator: " "))"
        let stream = try #require(popen("{ \(command); } 2>&1", "r"))
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { bytes += buffer[..<count] }
        let status = pclose(stream)
        return (status >> 8 & 0xff, String(decoding: bytes, as: UTF8.self))
    }

    @Test func keysThatNobodyKnows() throws {
        let text = String(decoding: try example("response.json"), as: UTF8.self)
        // Tolerated where they say nothing about what a proposal may do.
        let known = try response()
        #expect(try decoded(text, replacing: "\"usage\":", with: "\"later\": {\"x\": [1]}, \"usage\":") == known)
        #expect(try decoded(text, replacing: "\"rationale\":", with: "\"ttl\": \"task\", \"rationale\":") == known)
        // Refused where a misspelt limit would be no limit.
        for (old, new) in [
            ("\"exec\":", "\"exce\":"), ("\"direction\":", "\"towards\": 1, \"direction\":"),
            ("\"families\":", "\"family\":"), ("\"exclude\":", "\"excludes\":"), ("\"expect\":", "\"expects\":"),
            ("distill.response/1", "distill.response/2"), ("\"op\": \"revise\"", "\"op\": \"erase\""),
        ] {
            #expect(throws: DecodingError.self, "\(new)") { try decoded(text, replacing: old, with: new) }
        }
    }

    @Test func nothingButTrainingRunsCanBeWritten() throws {
        let text = String(decoding: try example("request.json"), as: UTF8.self)
        for (old, new) in [
            ("\"split\": \"train\"", "\"split\": \"held-out\""),
            ("\"visibility\": \"public\"", "\"visibility\": \"hidden\""),
        ] {
            #expect(text.contains(old))
            #expect(throws: DecodingError.self) {
                try JSONDecoder().decode(DistillRequest.self, from: Data(text.replacing(old, with: new).utf8))
            }
        }
    }

    @Test func whatIsWrongWithAResponse() throws {
        let request = try request()
        func expect(_ finding: ResponseFinding, _ change: (inout DistillResponse) -> Void) throws {
            #expect(try ResponseCheck.findings(in: response(change), for: request) == [finding])
            #expect("\(finding)".count > 20)
        }
        try expect(.otherRequest("other")) { $0.requestID = "other" }
        try expect(.noPrediction(proposal: "p1")) { $0.proposals[0].predicts = nil }
        try expect(.uncitedEdit(proposal: "p1", edit: 0)) { $0.proposals[0].edits[0].evidence = [] }
        try expect(.unknownEvidence(proposal: "p1", edit: 0, evidence: "tr_01/a99")) {
            $0.proposals[0].edits[0].evidence.append("tr_01/a99")
        }
        try expect(.noBase(proposal: "p1", skill: "csv-clean")) { $0.proposals[0].base = [:] }
        try expect(.staleBase(proposal: "p1", skill: "csv-clean")) { $0.proposals[0].base = ["csv-clean": "sha256:0"] }
        try expect(.unknownSkill(proposal: "p1", skill: "x")) { $0.proposals[0].skills = ["x"] }
        try expect(.noSkill(proposal: "p1")) { $0.proposals[0].skills = [] }
        try expect(.skillExists(proposal: "p1", skill: "csv-clean")) { $0.proposals[0].operation = .create }
        try expect(.noEdits(proposal: "p1")) { $0.proposals[0].edits = [] }
        try expect(.tooManyEdits(proposal: "p1", count: 5, limit: 4)) {
            $0.proposals[0].edits = Array(repeating: $0.proposals[0].edits[0], count: 5)
        }
        try expect(.badFile(proposal: "p1", edit: 0, file: "../x.md")) { $0.proposals[0].edits[0].file = "../x.md" }
        try expect(.incompleteEdit(proposal: "p1", edit: 0, lacks: "target_section")) {
            $0.proposals[0].edits[0].targetSection = nil
        }
        try expect(.unknownSupport(proposal: "p1", trajectory: "tr_09")) { $0.proposals[0].support.against = ["tr_09"] }
        try expect(.confidenceOutOfRange(proposal: "p1")) { $0.proposals[0].confidence = 1.5 }
        try expect(.repeatedProposal("p1")) { $0.proposals.append($0.proposals[0]) }
        try expect(.tooManyLines(proposal: "p1", edit: 0, count: 501, limit: 500)) {
            $0.proposals[0].edits[0].content = String(repeating: "\n", count: 501)
        }
        try expect(.badLines(proposal: "p1", file: "SKILL.md", first: 1, last: .max)) {
            $0.proposals[0].provenance = [.init(file: "SKILL.md", first: 1, last: .max, kind: .fact, evidence: [])]
        }
        try expect(.unknownProvenance(proposal: "p1", file: "SKILL.md", evidence: "tr_8")) {
            $0.proposals[0].provenance = [.init(file: "SKILL.md", first: 1, last: 1, kind: .fact, evidence: ["tr_8"])]
        }
    }

    @Test func whatWasRefusedIsKnownAgain() throws {
        var request = try request()
        let edit = try response().proposals[0].edits[0]
        request.history.rejectedEdits.append(.init(digest: edit.digest, reason: "no gain"))
        let findings = try ResponseCheck.findings(in: response(), for: request)
        #expect(findings == [.rejectedBefore(proposal: "p1", edit: 0, reason: "no gain")])
        // Other evidence does not make it another edit; other words do.
        var cited = edit
        cited.evidence = ["tr_02"]
        #expect(cited.digest == edit.digest)
        cited.content = "other"
        #expect(cited.digest != edit.digest)
    }
}

/// Where the sources are.
enum Repository {
    static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
        separator: "/"
    )
}

/// A directory that is removed at the end.
final class TemporaryDirectory {
    private let path: String

    init() throws {
        var template = Array("/tmp/distillation-tests-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file and returns its path.
    func write(_ data: Data, to name: String) throws -> String {
        try data.write(to: URL(filePath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }
}
