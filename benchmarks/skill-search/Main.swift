import FoundationEssentials
import Glibc
import Skills

/// How fast a library of many skills answers, and how well: each query is made of words of one skill, which is the right answer.
@main
struct SkillSearchBenchmark {
    private var text = SyntheticSkills(seed: 20_261_121)
    /// Name and words of each skill.
    private var made: [(name: String, words: [String])] = []
    private let library: SkillLibrary
    private let clock = ContinuousClock()

    /// `benchmark-skill-search [SKILLS [QUERIES]]`, 50,000 and 500 without.
    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().map { Int($0) ?? 0 }
        let (skills, queries) = (numbers.first ?? 50_000, numbers.dropFirst().first ?? 500)
        guard skills > 0, queries > 0, numbers.count <= 2 else {
            print("usage: benchmark-skill-search [SKILLS [QUERIES]]")
            exit(2)
        }
        let directory = FileManager.default.temporaryDirectory.path + "/executord-skill-search-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let library = try SkillLibrary.open(path: directory + "/skills.db")
        var benchmark = SkillSearchBenchmark(library: library)
        try await benchmark.fill(skills)
        print("query, words      p50      p95  CPU p50  CPU p95    Hit@1   MRR@10  nDCG@10     R@10")
        for length in [6, 30, 200] { try await benchmark.ask(queries, words: length) }
    }

    private init(library: SkillLibrary) {
        self.library = library
    }

    private mutating func fill(_ count: Int) async throws {
        let begin = clock.now
        for number in 0..<count {
            let skill = text.skill(number)
            try await library.add(
                skill.tree,
                SkillProposal(source: "benchmark", operation: .create),
                actor: "benchmark"
            )
            made.append((skill.name, skill.words))
        }
        let seconds = (clock.now - begin) / .seconds(1)
        print("\(count) skills added, each durable:\(column(Double(count) / seconds, 0)) a second")
    }

    private mutating func ask(_ queries: Int, words: Int) async throws {
        var (elapsed, used) = ([Double](), [Double]())
        var judgements: [RetrievalJudgement] = []
        for _ in 0..<queries {
            let skill = made[Int.random(in: 0..<made.count, using: &text.numbers)]
            let query = SkillQuery(text.query(of: skill.words, words: words), states: [.proposed], limit: 10)
            let (begin, usedBefore) = (clock.now, Self.processorMilliseconds())
            let hits = try await library.search(query)
            elapsed.append((clock.now - begin) / .milliseconds(1))
            used.append(Self.processorMilliseconds() - usedBefore)
            guard let judgement = RetrievalJudgement(ranking: hits.map(\.reference.skill), right: [skill.name]) else {
                continue
            }
            judgements.append(judgement)
        }
        let times = [elapsed.sorted(), used.sorted()].flatMap { [$0[$0.count / 2], $0[$0.count * 95 / 100]] }
        let figures: [(RetrievalJudgement) -> Double] = [
            { $0.hit(at: 1) }, { $0.reciprocalRank() }, { $0.nDCG(at: 10) }, { $0.recall(at: 10) },
        ]
        let means = figures.map { judgements.map($0).reduce(0, +) / Double(judgements.count) }
        print(
            column(Double(words), 0) + "    " + times.map { column($0, 1) }.joined()
                + means.map { column($0, 3) }.joined()
        )
    }

    /// What this process has used: on a busy machine it says more than the clock.
    private static func processorMilliseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1000 + Double(time.tv_nsec) / 1_000_000
    }
}

/// A number with so many decimals, aligned to the right in a column of nine.
func column(_ value: Double, _ decimals: Int) -> String {
    let scaled = "\(Int((value * pow(10, Double(decimals))).rounded()))"
    let digits = String(repeating: "0", count: max(0, decimals + 1 - scaled.count)) + scaled
    let text = decimals == 0 ? digits : "\(digits.dropLast(decimals)).\(digits.suffix(decimals))"
    return String(repeating: " ", count: max(0, 9 - text.count)) + text
}
