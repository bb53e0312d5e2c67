import Testing
import Trajectory

@testable import Skills

@Suite struct SkillSearchTests {
    private let place: TemporaryDirectory
    private let library: SkillLibrary

    init() throws {
        place = try TemporaryDirectory()
        library = try SkillLibrary.open(path: place.path + "/skills.db")
    }

    private func add(_ name: String, _ description: String, body: String = "# T\n", features: [String] = [], scope: SkillScope = SkillScope())
        async throws -> SkillReference
    {
        var proposal = SkillProposal.sample(scope: scope)
        proposal.features = features
        let tree = SkillTree.sample(name: name, description: description, body: body)
        let reference = try await library.add(tree, proposal, actor: "a").reference
        try await library.activate(reference)
        return reference
    }

    private func found(_ query: SkillQuery) async throws -> [String] {
        try await library.search(query).map(\.reference.skill)
    }

    @Test func aNameCountsMoreThanADescriptionAndThatMoreThanABody() async throws {
        _ = try await add("body", "Something.", body: "# T\n\nparquet is here among some other words\n")
        _ = try await add("described", "Reads parquet among some other words.")
        _ = try await add("parquet", "Something.")
        _ = try await add("none", "Something else.")
        #expect(try await found(SkillQuery("parquet")) == ["parquet", "described", "body"])
        let hits = try await library.search(SkillQuery("parquet"))
        #expect(zip(hits, hits.dropFirst()).allSatisfy { $0.score > $1.score } && hits.allSatisfy { $0.score > 0 })
        #expect(try await found(SkillQuery("parquet", limit: 1)) == ["parquet"])
    }

    @Test func commandsAreFoundFromCodeAndFromWhatWasObserved() async throws {
        _ = try await add("from-code", "Something.", body: "# T\n\n```bash\n$ qpdf --split-pages in.pdf\n```\n")
        _ = try await add("observed", "Something.", features: ["pdftk burst"])
        #expect(try await found(SkillQuery("how do I use pdftk?")) == ["observed"])
        #expect(try await found(SkillQuery("qpdf")) == ["from-code"])
    }

    @Test func endingsAndAccentsDoNotCount() async throws {
        _ = try await add("a", "Merging résumés into tables.")
        #expect(try await found(SkillQuery("merge the resume with a TABLE")) == ["a"])
    }

    @Test func onlyWhatATrialMayBeGivenIsFound() async throws {
        // More of the wrong scope than a first look takes.
        for number in 0..<30 {
            _ = try await add("pdf-\(number)", "Word word word.", scope: SkillScope(include: .init(families: ["pdf"])))
        }
        let right = try await add("right", "A word, among a good many others that make it worse than all of those.", scope: SkillScope(include: .init(families: ["csv"])))
        let waiting = try await library.add(.sample(name: "waiting", description: "A word."), .sample(), actor: "a").reference
        #expect(try await found(SkillQuery("word", trial: TrialKind(family: "csv"), limit: 2)) == ["right"])
        #expect(try await library.search(SkillQuery("word", limit: 100)).count == 31)
        #expect(try await found(SkillQuery("word", states: [.proposed])) == ["waiting"])
        let withCandidate = try await library.search(SkillQuery("word", trial: TrialKind(family: "csv"), also: [waiting]))
        #expect(Set(withCandidate.map(\.reference)) == [right, waiting])
        try await library.regrade(right, tier: .t3, reason: "x", actor: "a")
        #expect(try await found(SkillQuery("word", leastTier: .t2)) == ["right"])
        #expect(try await found(SkillQuery("word", limit: 0)) == [])
    }

    @Test func onlyTheRarestWordsAreLookedFor() async throws {
        for number in 0..<12 { _ = try await add("s-\(number)", "common word number\(number).") }
        let database = try Database(path: place.path + "/skills.db")
        try SkillIndex.prepare(database)
        let text = "common word " + (0..<12).map { "number\($0)" }.joined(separator: " ") + " unknown"
        let words = try SkillIndex.rarestWords(of: text, in: database)
        #expect(words == (0..<10).map { "number\($0)" })
        #expect(try SkillIndex.rarestWords(of: "unknown COMMON common", in: database) == ["COMMON"])
    }

    @Test(arguments: ["", "\"", "a\" OR b", "NEAR(", "*", "name:x", "^", "AND OR NOT", "'; DROP TABLE versions; --", "\0", "日本語", "{a b}:c", "-"])
    func anyTextIsAQuery(text: String) async throws {
        _ = try await add("a", "b.")
        _ = try await library.search(SkillQuery(text + String(repeating: " w", count: 50)))
        _ = try await library.search(SkillQuery(String(repeating: text, count: 2000)))
        #expect(try await library.current().entries.count == 1)
    }
}

@Suite struct RetrievalMetricsTests {
    private func near(_ value: Double, _ expected: Double) -> Bool { abs(value - expected) < 1e-9 }

    @Test func figuresOfOneRanking() throws {
        let judgement = try #require(RetrievalJudgement(ranking: ["x", "a", "y", "b", "z"], right: ["a", "b", "c"]))
        #expect(judgement.hit(at: 1) == 0 && judgement.hit(at: 2) == 1)
        #expect(judgement.reciprocalRank() == 0.5 && judgement.reciprocalRank(at: 1) == 0)
        #expect(near(judgement.recall(at: 4), 2.0 / 3) && near(judgement.precision(at: 3), 1.0 / 3))
        // (1/log2 3 + 1/log2 5) / (1 + 1/log2 3 + 1/2)
        #expect(near(judgement.nDCG(at: 10), 0.49818925746641285))
        #expect(judgement.nDCG(at: 1) == 0 && judgement.nDCG(at: 0) == 0 && judgement.hit(at: 0) == 0)
        #expect(judgement.fullCoverage(at: 10) == 0)
    }

    @Test func theBestRankingHasOneEverywhere() throws {
        let best = try #require(RetrievalJudgement(ranking: ["a", "b", "x"], right: ["a", "b"]))
        #expect(best.nDCG(at: 1) == 1 && near(best.nDCG(at: 10), 1) && best.fullCoverage(at: 2) == 1 && best.recall(at: 2) == 1)
        #expect(best.fullCoverage(at: 1) == 0)
    }

    @Test func edges() throws {
        #expect(RetrievalJudgement(ranking: ["a"], right: []) == nil)
        let none = try #require(RetrievalJudgement(ranking: [], right: ["a"]))
        #expect(none.hit(at: 10) == 0 && none.reciprocalRank() == 0 && none.nDCG(at: 10) == 0 && none.recall(at: 5) == 0)
        // Naming the right one often is no better than naming it once.
        let repeated = try #require(RetrievalJudgement(ranking: ["a", "a", "a", "b"], right: ["a", "b"]))
        #expect(repeated.recall(at: 2) == 1 && near(repeated.nDCG(at: 2), 1))
    }
}
