import Skills

/// How well a skill is for the task, by the words that its name and description share with what is seen of it.
struct SkillFit: Sendable {
    /// Which of the skills.
    let number: Int
    /// The words, or rather their beginnings, sorted.
    let shared: [String]
    /// A word that several of the skills have counts for each of them as much less.
    let weight: Double

    /// A skill that shares less is not for this task: one word that another skill has, too, is enough.
    private static let leastWeight = 0.5
    /// Of the best skill's weight.
    private static let leastShare = 0.5

    /// Those of `skills` that are for the task, the likeliest first; nil is none that can be read.
    static func chosen(from skills: [SkillHead?], _ seen: Surroundings) -> [SkillFit] {
        let names = seen.files + seen.namedPaths
        let suffixes = names.compactMap(Surroundings.suffix).map { $0.lowercased() }
        let task = stems(([seen.instruction] + names).joined(separator: " ")).union(suffixes)
        let words = skills.map { head in
            stems([head?.name, head?.description].compactMap { $0 }.joined(separator: " "))
        }
        let fits = words.enumerated().map { number, own in
            let shared = own.intersection(task).sorted()
            let weight = shared.reduce(0.0) { sum, word in sum + 1 / Double(words.count { $0.contains(word) }) }
            return SkillFit(number: number, shared: shared, weight: weight)
        }
        let best = fits.map(\.weight).max() ?? 0
        return fits.filter { $0.weight >= max(leastWeight, leastShare * best) }
            .sorted { (-$0.weight, $0.number) < (-$1.weight, $1.number) }
    }

    /// Words by their first six letters and without a last s, so that `recovery` is `recovered` and `orders` are `order`.
    ///
    /// Without those that every description has.
    private static func stems(_ text: String) -> Set<String> {
        let words = text.lowercased().split { !$0.isLetter && !$0.isNumber }
        return Set(
            words.filter { $0.count >= 2 && !common.contains($0) }.map { word in
                String((word.count > 3 && word.last == "s" ? word.dropLast() : word).prefix(6))
            }
        )
    }

    /// The last line has programs that everything needs.
    private static let common = Set(
        """
        about after all an and any are as at back be before but by can checks common do each file files for from has have
        how if in into is it its kind may needs no not of on one or passed pitfalls python python3 recorded runs skill
        steps task tasks that the their then there this to use used verified was what when where which with works
        app cat cp ls mkdir sh
        """
        .split(whereSeparator: \.isWhitespace)
    )
}
