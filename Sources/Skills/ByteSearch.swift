/// Finds text in text in time that grows with the length of both only (Knuth, Morris, Pratt).
enum ByteSearch {
    /// The first `limit` places, overlapping ones included, where `pattern` begins in `text`.
    static func occurrences(of pattern: [UInt8], in text: ArraySlice<UInt8>, limit: Int) -> [Int] {
        guard !pattern.isEmpty, pattern.count <= text.count else { return [] }
        var border = [Int](repeating: 0, count: pattern.count)
        var matched = 0
        for index in 1..<pattern.count {
            while matched > 0, pattern[index] != pattern[matched] { matched = border[matched - 1] }
            if pattern[index] == pattern[matched] { matched += 1 }
            border[index] = matched
        }
        var found: [Int] = []
        matched = 0
        for (index, byte) in zip(text.indices, text) {
            while matched > 0, byte != pattern[matched] { matched = border[matched - 1] }
            if byte == pattern[matched] { matched += 1 }
            guard matched == pattern.count else { continue }
            found.append(index - pattern.count + 1)
            if found.count == limit { break }
            matched = border[matched - 1]
        }
        return found
    }

    static func contains(_ pattern: String, in text: String) -> Bool {
        !occurrences(of: Array(pattern.utf8), in: Array(text.utf8)[...], limit: 1).isEmpty
    }
}
