import FoundationEssentials
import Testing
import Trajectory
import Wire

@testable import Skills

extension SkillLibrary {
    /// Leads a version through every stage to `active`.
    @discardableResult
    func activate(_ reference: SkillReference, scope: SkillScope? = nil) throws(SkillLibraryError) -> SkillVersion {
        for state in [SkillState.linted, .evidenced, .audited, .staged] {
            try move(reference, to: state, reason: "passed", actor: "gate")
        }
        return try move(reference, to: .active, reason: "significant", actor: "gate", scope: scope)
    }
}

@Suite struct SkillLibraryTests {
    private let place: TemporaryDirectory
    private let library: SkillLibrary

    init() throws {
        place = try TemporaryDirectory()
        library = try SkillLibrary.open(path: place.path + "/skills.db")
    }

    private func refusal(_ body: () async throws -> Void) async -> SkillLibraryError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? SkillLibraryError
        }
    }

    @Test func versionsCountUpAndKeepWhatTheyWere() async throws {
        let time = Timestamp(milliseconds: 1_790_000_000_000)
        var proposal = SkillProposal.sample()
        proposal.support = [LineSupport(file: "SKILL.md", first: 5, last: 7, evidence: ["tr_1/a3"], kind: .step)]
        let first = try await library.add(.sample(), proposal, actor: "mine", at: time)
        #expect(first.reference == SkillReference("csv-clean", 1))
        #expect(first.state == .proposed && first.digest == SkillTree.sample().digest && first.addedAt == time)
        let second = try await library.add(.sample(body: "# Two\n"), .sample("person"), actor: "me")
        #expect(second.reference.version == 2)
        let other = try await library.add(.sample(name: "other"), .sample(), actor: "me")
        #expect(other.reference.description == "other@1")

        await library.close()
        let again = try SkillLibrary.open(path: place.path + "/skills.db")
        #expect(try await again.all(of: "csv-clean") == [first, second])
        #expect(try await again.version(first.reference).proposal == proposal)
        #expect(try await again.tree(first.reference) == .sample())
        #expect(try await again.log("csv-clean").map(\.to) == [.proposed, .proposed])
        await #expect(throws: SkillLibraryError.self) { try await library.current() }
    }

    @Test func whatHasNoNameOrIsKnownIsNotAdded() async throws {
        try await library.add(.sample(), .sample(), actor: "a")
        let known = await refusal { try await library.add(.sample(), .sample("other"), actor: "a") }
        #expect(known == .known(SkillReference("csv-clean", 1)))
        for tree in [
            SkillTree(), SkillTree(main: "no head"), .sample(name: "../x"), .sample(name: "A"),
            SkillTree(main: "---\nname: [a]\n---\n"),
        ] {
            guard case .nameless = await refusal({ try await library.add(tree, .sample(), actor: "a") }) else {
                Issue.record("\(tree.main?.text ?? "nothing") was added")
                continue
            }
        }
        var outside = SkillTree.sample(name: "b")
        outside.files["../../x"] = .init("x")
        #expect(
            await refusal { try await library.add(outside, .sample(), actor: "a") } == .folder(.unsafePath("../../x"))
        )
        #expect(try await library.skills(states: Set(SkillState.allCases)).count == 1)
        // What was dropped may be proposed again.
        try await library.move(SkillReference("csv-clean", 1), to: .deprecated, reason: "no gain", actor: "gate")
        #expect(try await library.add(.sample(), .sample(), actor: "a").reference.version == 2)
    }

    @Test(arguments: SkillState.allCases, SkillState.allCases)
    func onlyLegalMovesAreMade(from: SkillState, to: SkillState) async throws {
        let reference = try await library.add(.sample(), .sample(), actor: "a").reference
        let ways: [SkillState: [SkillState]] = [
            .proposed: [], .linted: [.linted], .evidenced: [.linted, .evidenced],
            .audited: [.linted, .evidenced, .audited],
            .staged: [.linted, .evidenced, .audited, .staged],
            .canary: [.linted, .evidenced, .audited, .staged, .canary],
            .active: [.linted, .evidenced, .audited, .staged, .active],
            .narrowed: [.linted, .evidenced, .audited, .staged, .narrowed],
            .quarantined: [.linted, .quarantined], .deprecated: [.deprecated],
        ]
        for state in try #require(ways[from]) { try await library.move(reference, to: state, reason: "x", actor: "a") }
        let before = try await library.log("csv-clean")
        let history = try await library.history()
        let failure = await refusal {
            try await library.move(reference, to: to, reason: "why", actor: "who", digests: ["report": "sha256:1"])
        }
        if from.successors.contains(to) {
            #expect(failure == nil)
            let event = try #require(try await library.log("csv-clean").last)
            #expect((event.from, event.to) == (from, to))
            #expect((event.reason, event.actor, event.digests) == ("why", "who", ["report": "sha256:1"]))
            #expect(try await library.version(reference).state == to)
        } else {
            #expect(failure == .illegalMove(reference, from: from, to: to))
            #expect(try await library.log("csv-clean") == before)
            #expect(try await library.history() == history)
        }
    }

    @Test func servedVersionsMakeTheSnapshotAndOneReplacesTheOther() async throws {
        let empty = try await library.current()
        let one = try await library.add(.sample(), .sample(), actor: "a").reference
        #expect(try await library.current() == empty)
        try await library.activate(one)
        let first = try await library.current()
        #expect(first.entries.map(\.reference) == [one])
        let two = try await library.add(.sample(body: "# Two\n"), .sample(), actor: "a").reference
        try await library.activate(two)
        let second = try await library.current()
        #expect(second.entries.map(\.reference) == [two])
        #expect(try await library.version(one).state == .deprecated)
        let log = try await library.log("csv-clean")
        #expect(log.contains { $0.reference == one && $0.reason == "superseded by csv-clean@2" })

        let difference = try await library.diff(first.digest, second.digest)
        #expect(difference.changed.map(\.from.reference) == [one] && difference.changed.map(\.to.reference) == [two])
        #expect(difference.added == [] && difference.removed == [])
        #expect(try await library.diff(empty.digest, second.digest).added.map(\.reference) == [two])
        #expect(try await library.diff(second.digest, empty.digest).removed.map(\.reference) == [two])
        #expect(try await library.history().map(\.digest) == [first.digest, second.digest])
        #expect(try await library.snapshot(String(first.digest.prefix(20))) == first)
        #expect(await refusal { _ = try await library.snapshot("sha256:00ff") } == .noSnapshot("sha256:00ff"))
        #expect(await refusal { _ = try await library.snapshot("%' OR 1") } == .noSnapshot("%' OR 1"))
    }

    @Test func aRollbackServesTheOldSnapshotAgain() async throws {
        let scope = SkillScope(include: .init(families: ["csv"]))
        let one = try await library.add(.sample(), .sample(), actor: "a").reference
        try await library.activate(one, scope: scope)
        let other = try await library.add(.sample(name: "other"), .sample(), actor: "a").reference
        try await library.activate(other)
        let good = try await library.current()
        let two = try await library.add(.sample(body: "# Two\n"), .sample(), actor: "a").reference
        try await library.activate(two)
        try await library.move(other, to: .narrowed, reason: "fails", actor: "gate", scope: scope)
        let third = try await library.add(.sample(name: "third"), .sample(), actor: "a").reference
        try await library.activate(third)

        let back = try await library.rollback(to: good.digest, reason: "worse", actor: "curate")
        #expect(back == good)
        #expect(try await library.current() == good)
        #expect(try await library.version(one).scope == scope)
        #expect(try await library.version(two).state == .deprecated)
        #expect(try await library.version(third).state == .deprecated)
        #expect(try await library.version(other).state == .active)
        #expect(try await library.history().count == 6)
        #expect(try await library.history().last?.digest == good.digest)
        #expect(
            await refusal { try await library.rollback(to: good.digest, reason: "x", actor: "a") }
                == .alreadyCurrent(good.digest)
        )

        // What does harm does not come back over an old snapshot.
        try await library.move(one, to: .quarantined, reason: "harm", actor: "curate")
        let log = try await library.log("other")
        let current = try await library.current()
        #expect(
            await refusal { try await library.rollback(to: good.digest, reason: "x", actor: "a") } == .quarantined(one)
        )
        #expect(try await library.current() == current)
        #expect(try await library.log("other") == log)
    }

    @Test func scopesTiersAndUsesAreKept() async throws {
        let csv = SkillScope(include: .init(families: ["csv"]), exclude: .init(models: ["small"]))
        let one = try await library.add(.sample(), .sample(scope: csv), actor: "a").reference
        try await library.activate(one)
        try await library.activate(try await library.add(.sample(name: "any"), .sample(), actor: "a").reference)
        func names(_ trial: TrialKind) async throws -> [String] {
            try await library.skills(in: trial).map(\.reference.skill)
        }
        #expect(try await names(TrialKind(family: "csv")) == ["any", "csv-clean"])
        #expect(try await names(TrialKind(family: "pdf")) == ["any"])
        #expect(try await names(TrialKind()) == ["any"])
        #expect(try await names(TrialKind(family: "csv", model: "small")) == ["any"])

        let before = try await library.current()
        try await library.regrade(one, tier: .t3, scope: SkillScope(), reason: "held-out", actor: "gate")
        #expect(try await library.version(one).tier == .t3)
        #expect(try await names(TrialKind(family: "pdf")) == ["any", "csv-clean"])
        #expect(try await library.current().digest != before.digest)

        try await library.record(SkillUse(trial: "t1", opened: true, followed: false), of: one)
        try await library.record(SkillUse(trial: "t2", opened: false, followed: false), of: one)
        try await library.record(SkillUse(trial: "t1", opened: true, followed: true, credit: .helped), of: one)
        #expect(
            try await library.usage(one)
                == SkillUsage(mounted: 2, opened: 1, followed: 1, helped: 1, hurt: 0, neutral: 0)
        )
        let missing = SkillReference("csv-clean", 9)
        #expect(
            await refusal { try await library.record(SkillUse(trial: "t", opened: true, followed: true), of: missing) }
                == .noVersion(missing)
        )
    }

    @Test func theDatabaseItselfRefusesToForget() async throws {
        try await library.activate(try await library.add(.sample(), .sample(), actor: "a").reference)
        try await library.record(
            SkillUse(trial: "t1", opened: true, followed: false),
            of: SkillReference("csv-clean", 1)
        )
        let database = try Database(path: place.path + "/skills.db")
        for table in ["contents", "trees", "versions", "events", "uses", "snapshots", "history"] {
            #expect(throws: StoreError.self, "\(table)") { try database.run("DELETE FROM \(table)") }
            let column = try #require(
                try database.first("SELECT name FROM pragma_table_info('\(table)') LIMIT 1") { $0.text(0) }
            )
            #expect(throws: StoreError.self, "\(table)") {
                try database.run("UPDATE \(table) SET \(column) = \(column)")
            }
        }
    }

    @Test func damageIsNotServed() async throws {
        let reference = try await library.add(.sample(), .sample(), actor: "a").reference
        let database = try Database(path: place.path + "/skills.db")
        try database.execute("DROP TRIGGER contents_fixed; UPDATE contents SET bytes = x'00'")
        guard case .store(.damaged) = await refusal({ _ = try await library.tree(reference) }) else {
            Issue.record("changed bytes were served")
            return
        }
    }

    @Test func exportIsAnAgentSkillsFolder() async throws {
        var tree = SkillTree.sample(body: "[run](scripts/a.sh)\n")
        tree.files["scripts/a.sh"] = .init(Array("#!/bin/sh\n".utf8), isExecutable: true)
        let reference = try await library.add(tree, .sample(), actor: "a").reference
        let folder = try await library.export(reference, to: place.path)
        #expect(folder == place.path + "/csv-clean")
        let read = try SkillTree(readingFrom: folder)
        #expect(read == tree)
        #expect(SkillLint.findings(read, directory: "csv-clean") == [])
    }
}
