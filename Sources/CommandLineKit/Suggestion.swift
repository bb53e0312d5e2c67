/// Finds the word that somebody probably meant.
package enum Suggestion {
    /// The nearest candidate: a longer word that begins with `word`, or one within two typing errors; else nil.
    package static func nearest(to word: String, among candidates: [String]) -> String? {
        let bare = word.drop { $0 == "-" }
        guard bare.count >= 2 else { return nil }
        if let longer = candidates.first(where: { $0.drop { $0 == "-" }.hasPrefix(bare) }) { return longer }
        return candidates.map { (candidate: $0, distance: distance(word, $0)) }
            .filter { $0.distance <= (bare.count <= 3 ? 1 : 2) }
            .min { $0.distance < $1.distance }?
            .candidate
    }

    /// ` (did you mean 'x'?)`, or nothing.
    package static func sentence(for word: String, among candidates: [String]) -> String {
        nearest(to: word, among: candidates).map { " (did you mean '\($0)'?)" } ?? ""
    }

    /// Insertions, deletions, replacements and swaps of neighbours between two words.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left)
        let right = Array(right)
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                var best = min(
                    previous[column + 1] + 1,
                    current[column] + 1,
                    previous[column] + (left[row] == right[column] ? 0 : 1)
                )
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
