import Distillation
import FoundationEssentials
import Gate
import Skills
import Testing
import Wire

@testable import Executord

/// What distillers are told not to propose again.
struct RefusedEditsTests {
    private let library: SkillLibrary

    init() throws {
        let path = FileManager.default.temporaryDirectory.path + "/executord-refused-\(UUID().uuidString).db"
        defer { try? FileManager.default.removeItem(atPath: path) }
        library = try SkillLibrary.open(path: path)
    }

    private func add(_ number: Int) async throws -> SkillReference {
        let proposal = SkillProposal(
            source: "t",
            operation: .create,
            scope: SkillScope(include: .init(families: ["counting"])),
            editDigests: ["sha256:\(number)"]
        )
        let tree = SkillTree(main: "---\nname: one\ndescription: One.\n---\n\nSay \(number).\n")
        return try await library.add(tree, proposal, actor: "t").reference
    }

    private func refused(_ family: String = "counting") async throws -> [String] {
        try await RefusedEdits(TrialKind(family: family), in: library).history.rejectedEdits.map {
            "\($0.digest) \($0.reason)"
        }
    }

    @Test func whatTheGateRefusedForWhatItSaysIsTold() async throws {
        let version = try await add(1)
        #expect(try await refused().isEmpty)
        try await library.record(GateDecision(.evidence, .failed, "one trial"), on: version, run: "a", actor: "g")
        #expect(try await refused().isEmpty, "more trials may come")
        try await library.record(
            GateDecision(.leak, .failed, "48213 is in check.py"),
            on: version,
            run: "a",
            actor: "g"
        )
        #expect(try await refused() == ["sha256:1 one@1: refused at stage 4, leak"], "and not what is in the test")
        #expect(try await refused("sorting").isEmpty, "another family's")
        try await library.record(GateDecision(.leak, .passed, "mended"), on: version, run: "b", actor: "g")
        #expect(try await refused().isEmpty, "the newest decision counts")
    }

    @Test func whatWasQuarantinedIsTold() async throws {
        let version = try await add(2)
        try await library.move(version, to: .linted, reason: "valid", actor: "lint")
        try await library.move(version, to: .quarantined, reason: "it does harm", actor: "gate")
        #expect(try await refused() == ["sha256:2 one@1: quarantined"])
    }
}
