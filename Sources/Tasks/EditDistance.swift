/// How far words are from each other, for suggestions.
enum EditDistance {
    /// The nearest of `candidates`, when it is near enough to be meant.
    static func nearest(to word: String, in candidates: [String]) -> String? {
        // What people write is short; a long key is no slip of the pen, and the table below is quadratic.
        guard word.utf8.count <= 64 else { return nil }
        let best = candidates.sorted().map { (name: $0, distance: between(word, $0)) }.min { $0.distance < $1.distance }
        guard let best, best.distance <= max(1, min(word.count, best.name.count) / 3) else { return nil }
        return best.name
    }

    /// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
    static func between(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left.lowercased().utf8), Array(right.lowercased().utf8))
        guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
        var table = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
        for i in 0...a.count { table[i][0] = i }
        for j in 0...b.count { table[0][j] = j }
        for i in 1...a.count {
            for j in 1...b.count {
                let replaced = table[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                table[i][j] = min(replaced, table[i - 1][j] + 1, table[i][j - 1] + 1)
                if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
                    table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
                }
            }
        }
        return table[a.count][b.count]
    }
}
