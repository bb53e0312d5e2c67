import Statistics
import Testing
import Wire

@testable import Verifier

struct AttackTests {
    @Test func filesThatAnInstructionNamesAreFound() {
        let text = """
            Read `/app/in.csv`, and write the total to **/app/out/total.txt**. See https://example.org/a.html (e.g. v3.11).
            Put the rest below /app/out, in `notes.md` and "src/main.py": pip stays, so does ../up.txt and *.csv.
            """
        let paths = InstructionPaths.find(in: text)
        #expect(paths == ["/app/in.csv", "/app/out/total.txt", "notes.md", "src/main.py"])
    }

    @Test func eachRuleChangesOneThingAndTheSameSeedTheSame() throws {
        let text = Array("name,count\nalpha,19\nbeta,7\n".utf8)
        for rule in TextMutation.Rule.allCases {
            for seed in 0..<50 as Range<UInt64> {
                var (first, second) = (SplitMix64(seed: seed), SplitMix64(seed: seed))
                let mutation = try #require(TextMutation(text, rule, &first))
                #expect(mutation.bytes != text && !mutation.change.isEmpty)
                #expect(TextMutation(text, rule, &second) == mutation)
                let difference = zip(text, mutation.bytes).count { $0 != $1 }
                switch rule {
                case .number: #expect(mutation.bytes.count == text.count && difference == 1)
                case .letterCase: #expect(mutation.bytes.count == text.count && (1...5).contains(difference))
                case .swappedLines: #expect(mutation.bytes.sorted() == text.sorted())
                case .droppedLine: #expect(mutation.bytes.split(separator: 10).count == 2)
                }
            }
        }
    }

    @Test func whatCannotBeChangedIsLeft() {
        var draws = SplitMix64(seed: 1)
        for rule in TextMutation.Rule.allCases { #expect(TextMutation([], rule, &draws) == nil) }
        #expect(TextMutation(Array("yes\n".utf8), .number, &draws) == nil)
        #expect(TextMutation(Array("yes\n".utf8), .droppedLine, &draws) == nil)
        #expect(TextMutation(Array("yes\nyes\n".utf8), .swappedLines, &draws) == nil)
    }

    private static let files = [
        AnswerFile(path: "/app/out.csv", size: 12, bytes: Array("a,1\nb,2\nc,3\n".utf8)),
        AnswerFile(path: "/app/work.log", size: 5, bytes: Array("done\n".utf8)),
        AnswerFile(path: "/tmp/x", size: 5, bytes: Array("done\n".utf8)),
        AnswerFile(path: "/app/data.bin", size: 2, bytes: [0xff, 0xfe]),
    ]

    @Test func aPlanTriesEachKindAndTheSameTwice() {
        func plan() -> AttackPlan {
            AttackPlan(instruction: "Write /app/out.csv and data.bin.", files: Self.files, mutations: 5, seed: 3)
        }
        let trials = plan().trials
        #expect(trials == plan().trials)
        #expect(Set(trials.map(\.attack.kind)) == Set(VerifierAttack.Kind.allCases))
        #expect(plan().unnamed == ["/app/work.log"])
        #expect(trials.allSatisfy { $0.followsOracle != $0.attack.kind.knowsNothing })
        #expect(!trials.contains { $0.attack.file == "/tmp/x" })
        let mutated = trials.filter { $0.attack.kind == .mutatedOracle }
        #expect(mutated.count == 5 && Set(mutated.map(\.actions)).count == 5)
        #expect(Set(mutated.compactMap(\.attack.file)) == ["/app/out.csv", "/app/work.log"])
        #expect(trials.count { $0.attack.kind == .truncatedOracle } == 6)
    }

    private func outcome(
        _ kind: VerifierAttack.Kind,
        _ file: String?,
        _ verdict: VerdictOutcome?,
        _ reward: Double
    ) -> TaskStrength.Outcome {
        .init(attack: .init(kind, file: file, change: ""), trial: "t", verdict: verdict, reward: reward)
    }

    @Test func theScoreCountsWhatSaysSomethingOfTheVerifier() throws {
        let score = try #require(
            StrengthScore(
                [
                    outcome(.null, nil, .failed, 0), outcome(.emptyFiles, nil, .failed, 0.5),
                    outcome(.truncatedOracle, "/app/out.csv", .failed, 0),
                    outcome(.mutatedOracle, "/app/out.csv", .passed, 1),
                    outcome(.truncatedOracle, "/app/work.log", .passed, 1),
                    outcome(.mutatedOracle, "/app/work.log", .passed, 1),
                    outcome(.mutatedOracle, "/app/out.csv", .unverifiable, 0),
                    outcome(.mutatedOracle, "/app/out.csv", nil, 0),
                ],
                unnamed: ["/app/work.log"]
            )
        )
        #expect(score.strength == 0.75 && score.meanReward == 0.375)
        #expect(abs(score.low - 0.3006) < 0.001 && abs(score.high - 0.9544) < 0.001)
        #expect(score.kinds.first { $0.kind == .mutatedOracle }?.accepted == 1)
        #expect(score.attacks.count == 8 && score.attacks.count { $0.uncounted == .incidentalFile } == 2)
        #expect(score.attacks.count { $0.uncounted == .noVerdict } == 2)
    }

    @Test func aVerifierThatPassesAnEmptyAnswerHasNoStrength() throws {
        let outcomes = [outcome(.emptyFiles, nil, .passed, 1)] + (0..<9).map { _ in outcome(.null, nil, .failed, 0) }
        #expect(try #require(StrengthScore(outcomes, unnamed: [])).strength == 0)
        #expect(StrengthScore([outcome(.null, nil, nil, 0)], unnamed: []) == nil)
    }
}
