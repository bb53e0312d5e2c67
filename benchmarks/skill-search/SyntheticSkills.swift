import Glibc
import Skills

/// Skills of made-up words, the same for the same seed; words are as unevenly frequent as those of people (Zipf).
struct SyntheticSkills {
    struct Skill {
        let name: String
        let tree: SkillTree
        /// The words of its description, in which those of its topic are frequent.
        let words: [String]
    }

    var numbers: SplitMix

    init(seed: UInt64) {
        numbers = SplitMix(state: seed)
    }

    private static let vocabulary = 30_000
    private static let topics = 800

    /// The `rank`-th word, pronounceable and without an English ending.
    private static func word(_ rank: Int) -> String {
        let (consonants, vowels) = (Array("bdfgklmnprtvz"), Array("aiou"))
        var (text, rest) = ("", rank + 169)
        while rest > 0 {
            text += "\(consonants[rest % 13])\(vowels[rest / 13 % 4])"
            rest /= 52
        }
        return text + "k"
    }

    /// A rank that is drawn about in proportion to 1 / (rank + 3).
    private mutating func rank(_ count: Int) -> Int {
        let share = Double.random(in: 0..<1, using: &numbers)
        return min(count - 1, Int(3 * (pow(Double(count) / 3 + 1, share) - 1)))
    }

    /// A word of the language, or, a third of the time, one of the 60 words of a topic.
    private mutating func word(topic: Int) -> String {
        guard Int.random(in: 0..<3, using: &numbers) == 0 else { return Self.word(rank(Self.vocabulary)) }
        return Self.word(2000 + (topic * 31 + rank(60) * 7) % (Self.vocabulary - 2000))
    }

    mutating func skill(_ number: Int) -> Skill {
        let topic = Int.random(in: 0..<Self.topics, using: &numbers)
        let words = (0..<Int.random(in: 15...40, using: &numbers)).map { _ in word(topic: topic) }
        var body = "# \(words[0])\n"
        for section in 0..<Int.random(in: 3...6, using: &numbers) {
            body += "\n## \(word(topic: topic)) \(section)\n\n"
            for _ in 0..<Int.random(in: 4...10, using: &numbers) {
                body += "- " + (0..<10).map { _ in word(topic: topic) }.joined(separator: " ") + "\n"
            }
            body += "\n```bash\n\(word(topic: topic)) \(word(topic: topic)) --all\n```\n"
        }
        let name = "\(words[0])-\(number)"
        let tree = SkillTree(main: "---\nname: \(name)\ndescription: \(words.joined(separator: " ")).\n---\n\(body)")
        return Skill(name: name, tree: tree, words: words)
    }

    /// What somebody might ask: half of the words are the description's, half are anything.
    mutating func query(of words: [String], words count: Int) -> String {
        (0..<count).map { index in
            index % 2 == 0
                ? words[Int.random(in: 0..<words.count, using: &numbers)] : Self.word(rank(Self.vocabulary))
        }.joined(separator: " ")
    }
}

/// Numbers that are the same for the same seed, on every machine.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
