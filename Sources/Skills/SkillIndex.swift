import Trajectory

/// The full-text index over all versions: name, description, body and commands, each with its weight.
///
/// FTS5 with its bm25; see sqlite.org/fts5.html. What a query costs is the number of skills that have its words, each counted for
/// every word: so the rarest words are looked for, and common ones only as long as that number stays small. How many skills have a
/// word is counted here: fts5vocab counts anew whenever it is asked, which took longer than the search itself.
enum SkillIndex {
    /// What counts how much, in the order of the columns.
    private static let weights = "10.0, 5.0, 1.0, 3.0"
    /// English endings are cut off; accents do not count.
    private static let tokenizer = "tokenize = 'porter unicode61 remove_diacritics 2'"
    /// How many words of a query are looked for.
    static let maximumTerms = 24
    /// How many skills these words may have, one by one, all together; the rarest word is looked for in any case.
    static let maximumPostings = 2500
    /// How many words of a query are read at all.
    private static let maximumWords = 2000

    static let schema = """
        -- Rows are those of versions; the texts themselves are not kept a second time.
        CREATE VIRTUAL TABLE search USING fts5(name, description, body, commands, content = '', \(tokenizer));
        -- How many versions have a term.
        CREATE TABLE terms (term TEXT PRIMARY KEY, documents INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        """

    /// Makes what belongs to one connection: a small table by which SQLite itself cuts texts into terms.
    static func prepare(_ database: Database) throws(StoreError) {
        try database.execute(
            """
            PRAGMA temp_store = MEMORY;
            CREATE VIRTUAL TABLE temp.cut_words USING fts5(word, content = '', \(tokenizer));
            CREATE VIRTUAL TABLE temp.cut_terms USING fts5vocab(temp, cut_words, instance);
            """
        )
    }

    static func add(
        _ document: SkillDocument,
        features: [String],
        id: Int,
        to database: Database
    ) throws(StoreError) {
        let commands = (features + CommandFeatures.found(in: document)).joined(separator: "\n")
        let texts = [document.head.name ?? "", document.head.description ?? "", document.body, commands]
        try database.run(
            "INSERT INTO search (rowid, name, description, body, commands) VALUES (?, ?, ?, ?, ?)",
            .number(id),
            .text(texts[0]),
            .text(texts[1]),
            .text(texts[2]),
            .text(texts[3])
        )
        try cut(texts, in: database)
        try database.run(
            """
            INSERT INTO terms (term, documents) SELECT DISTINCT term, 1 FROM temp.cut_terms WHERE true
            ON CONFLICT (term) DO UPDATE SET documents = documents + 1
            """
        )
    }

    /// Leaves the terms of some texts in `cut_terms`, each with the index of its text.
    private static func cut(_ texts: [String], in database: Database) throws(StoreError) {
        try database.run("INSERT INTO temp.cut_words (cut_words) VALUES ('delete-all')")
        // One statement, and so one small index instead of one for each text.
        try database.run(
            "INSERT INTO temp.cut_words (rowid, word) SELECT key, value FROM json_each(?)",
            .text(try storedJSON(texts))
        )
    }

    /// The rarest words of a text that any skill has, the rarest first.
    static func rarestWords(of text: String, in database: Database) throws(StoreError) -> [String] {
        var seen: Set<Substring> = []
        let words = text.split { !($0.isLetter || $0.isNumber) }
            .filter { $0.utf8.count <= 64 && seen.insert($0).inserted }
            .prefix(maximumWords)
        try cut(words.map(String.init), in: database)
        let found = try database.rows(
            """
            SELECT c.doc, t.documents FROM (SELECT min(doc) AS doc, term FROM temp.cut_terms GROUP BY term) c
            JOIN terms t ON t.term = c.term ORDER BY t.documents, c.doc LIMIT \(maximumTerms)
            """
        ) { row in (word: row.int(0), documents: row.int(1)) }
        var postings = 0
        return found.prefix { term in
            postings += term.documents
            return postings <= maximumPostings || postings == term.documents
        }.map { String(words[$0.word]) }
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
