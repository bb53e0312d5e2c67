import Trajectory

/// The full-text index over all versions: name, description, body and commands, each with its weight.
///
/// FTS5 with its bm25; see sqlite.org/fts5.html. Asking for many words costs time for every skill that has a common one, so only
/// the rarest words of a query are looked for.
enum SkillIndex {
    /// What counts how much, in the order of the columns.
    private static let weights = "10.0, 5.0, 1.0, 3.0"
    /// English endings are cut off; accents do not count.
    private static let tokenizer = "tokenize = 'porter unicode61 remove_diacritics 2'"
    /// How many words of a query are looked for.
    static let maximumTerms = 10
    /// How many words of a query are read at all.
    private static let maximumWords = 2000

    static let schema = """
        -- Rows are those of versions; the texts themselves are not kept a second time.
        CREATE VIRTUAL TABLE search USING fts5(name, description, body, commands, content = '', \(tokenizer));
        CREATE VIRTUAL TABLE search_terms USING fts5vocab(search, row);
        """

    /// Makes what belongs to one connection: a small table by which SQLite itself cuts a query into terms.
    static func prepare(_ database: Database) throws(StoreError) {
        try database.execute(
            """
            PRAGMA temp_store = MEMORY;
            CREATE VIRTUAL TABLE temp.query_words USING fts5(word, \(tokenizer));
            CREATE VIRTUAL TABLE temp.query_terms USING fts5vocab(temp, query_words, instance);
            """
        )
    }

    static func add(
        _ document: SkillDocument,
        features: [String],
        id: Int,
        to database: Database
    ) throws(StoreError) {
        let commands = features + CommandFeatures.found(in: document)
        try database.run(
            "INSERT INTO search (rowid, name, description, body, commands) VALUES (?, ?, ?, ?, ?)",
            .number(id),
            .text(document.head.name ?? ""),
            .text(document.head.description ?? ""),
            .text(document.body),
            .text(commands.joined(separator: "\n"))
        )
    }

    /// The rarest words of a text that any skill has.
    static func rarestWords(of text: String, in database: Database) throws(StoreError) -> [String] {
        var seen: Set<Substring> = []
        let words = text.split { !($0.isLetter || $0.isNumber) }.filter { seen.insert($0).inserted }.prefix(
            maximumWords
        )
        try database.run("DELETE FROM temp.query_words")
        for (index, word) in words.enumerated() where word.utf8.count <= 64 {
            try database.run(
                "INSERT INTO temp.query_words (rowid, word) VALUES (?, ?)",
                .number(index),
                .text(String(word))
            )
        }
        let found = try database.rows(
            """
            SELECT q.doc, t.doc AS frequency FROM (SELECT min(doc) AS doc, term FROM temp.query_terms GROUP BY term) q
            JOIN search_terms t ON t.term = q.term ORDER BY frequency, q.doc LIMIT \(maximumTerms)
            """
        ) { row in row.int(0) }
        return found.map { String(words[$0]) }
    }

    /// The best `limit` versions that have one of the words and are in one of the states or named by `also`, the best first.
    static func find(
        _ words: [String],
        states: [String],
        also: [Int],
        limit: Int,
        in database: Database
    ) throws(StoreError) -> [(id: Int, score: Double)] {
        guard !words.isEmpty else { return [] }
        return try database.rows(
            """
            SELECT search.rowid, bm25(search, \(weights)) AS score FROM search JOIN standing s ON s.version = search.rowid
            WHERE search MATCH ? AND (s.state IN (SELECT value FROM json_each(?)) OR s.version IN (SELECT value FROM json_each(?)))
            ORDER BY score, search.rowid LIMIT ?
            """,
            // In quotes no word is an operator; the words have none.
            .text(words.map { "\"\($0)\"" }.joined(separator: " OR ")),
            .text(try storedJSON(states)),
            .text(try storedJSON(also)),
            .number(limit)
        ) { row in (row.int(0), -(row.double(1) ?? 0)) }
    }
}
