import FoundationEssentials
import Glibc
import Skills

/// How fast a library of many skills answers, and how well: each query is made of words of one skill, which is the right answer.
@main
struct SkillSearchBenchmark {
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
        let clock = ContinuousClock()
        var text = SyntheticSkills(seed: 20_261_121)
        let library = try SkillLibrary.open(path: directory + "/skills.db")
        var made: [SyntheticSkills.Skill] = []
        let filling = try await clock.measure {
            for number in 0..<skills {
                let skill = text.skill(number)
                let proposal = SkillProposal(source: "benchmark", operation: .create)
                try await library.add(skill.tree, proposal, actor: "benchmark")
                made.append(skill)
            }
        }
        print(
            "\(skills) skills added in \(number(filling / .seconds(1), 1)) s, \(number(Double(skills) / (filling / .seconds(1)), 0)) a second, each durable"
        )
        for length in [6, 30, 200] {
            var samples: [Double] = []
            var judgements: [RetrievalJudgement] = []
            for _ in 0..<queries {
                let skill = made[Int.random(in: 0..<made.count, using: &text.numbers)]
                let query = SkillQuery(text.query(of: skill, words: length), states: [.proposed], limit: 10)
                var hits: [SkillHit] = []
                let time = try await clock.measure { hits = try await library.search(query) }
                samples.append(time / .milliseconds(1))
                judgements += [RetrievalJudgement(ranking: hits.map(\.reference.skill), right: [skill.name])].compactMap
                { $0 }
            }
            samples.sort()
            func mean(_ figure: (RetrievalJudgement) -> Double) -> String {
                number(judgements.map(figure).reduce(0, +) / Double(judgements.count), 3)
            }
            let (p50, p95) = (samples[samples.count / 2], samples[samples.count * 95 / 100])
            print(
                "\(length) words: p50 \(number(p50, 1)) ms, p95 \(number(p95, 1)) ms; Hit@1 \(mean { $0.hit(at: 1) }), "
                    + "MRR@10 \(mean { $0.reciprocalRank() }), nDCG@10 \(mean { $0.nDCG(at: 10) }), R@10 \(mean { $0.recall(at: 10) })"
            )
        }
    }

    private static func number(_ value: Double, _ digits: Int) -> String {
        let scale = pow(10, Double(digits))
        let text = "\(Int((value * scale).rounded()))"
        guard digits > 0 else { return text }
        let padded = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
        return "\(padded.dropLast(digits)).\(padded.suffix(digits))"
    }
}
