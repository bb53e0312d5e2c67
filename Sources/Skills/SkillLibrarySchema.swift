/// The library's schema: entry `n` leads from version `n` to `n + 1`; entries are added, never changed.
///
/// Rows are added and never changed or removed, but for `standing` and the search index, which follow from the others.
enum SkillLibrarySchema {
    static let migrations: [String] = [
        """
        -- The bytes of a file, once, under their SHA-256.
        CREATE TABLE contents (
            digest TEXT PRIMARY KEY,
            bytes BLOB NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- The files of a folder, under the folder's digest.
        CREATE TABLE trees (
            tree TEXT NOT NULL,
            path TEXT NOT NULL,
            content TEXT NOT NULL REFERENCES contents (digest),
            executable INTEGER NOT NULL,
            PRIMARY KEY (tree, path)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE versions (
            id INTEGER PRIMARY KEY,
            skill TEXT NOT NULL,
            version INTEGER NOT NULL,
            tree TEXT NOT NULL,
            proposal TEXT NOT NULL,
            added_at INTEGER NOT NULL,
            UNIQUE (skill, version)
        ) STRICT;

        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            version INTEGER NOT NULL REFERENCES versions (id),
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            from_state TEXT,
            to_state TEXT NOT NULL,
            tier INTEGER NOT NULL,
            scope TEXT NOT NULL,
            reason TEXT NOT NULL,
            digests TEXT NOT NULL
        ) STRICT;
        CREATE INDEX events_by_version ON events (version);

        -- What the last event of each version says.
        CREATE TABLE standing (
            version INTEGER PRIMARY KEY REFERENCES versions (id),
            state TEXT NOT NULL,
            tier INTEGER NOT NULL,
            scope TEXT NOT NULL
        ) STRICT;
        CREATE INDEX standing_by_state ON standing (state);

        -- What became of trials that were given a version; of several rows for one trial the last counts.
        CREATE TABLE uses (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            version INTEGER NOT NULL REFERENCES versions (id),
            trial TEXT NOT NULL,
            opened INTEGER NOT NULL,
            followed INTEGER NOT NULL,
            credit TEXT
        ) STRICT;
        CREATE INDEX uses_by_version ON uses (version, trial);

        -- The served versions, under the digest of that set; and when it was the library's.
        CREATE TABLE snapshots (
            digest TEXT PRIMARY KEY,
            entries TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE history (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            snapshot TEXT NOT NULL REFERENCES snapshots (digest),
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL
        ) STRICT;

        CREATE TRIGGER contents_stay BEFORE DELETE ON contents BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER trees_stay BEFORE DELETE ON trees BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER versions_stay BEFORE DELETE ON versions BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER events_stay BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER uses_stay BEFORE DELETE ON uses BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER snapshots_stay BEFORE DELETE ON snapshots BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER history_stays BEFORE DELETE ON history BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER contents_fixed BEFORE UPDATE ON contents BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER trees_fixed BEFORE UPDATE ON trees BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER versions_fixed BEFORE UPDATE ON versions BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER events_fixed BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER uses_fixed BEFORE UPDATE ON uses BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER snapshots_fixed BEFORE UPDATE ON snapshots BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER history_fixed BEFORE UPDATE ON history BEGIN SELECT RAISE(ABORT, 'append only'); END;
        """ + "\n" + SkillIndex.schema,
        """
        -- What the gate said at each stage, and on what grounds; the decisions of one run have one name.
        CREATE TABLE decisions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            version INTEGER NOT NULL REFERENCES versions (id),
            run TEXT NOT NULL,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            stage INTEGER NOT NULL,
            outcome TEXT NOT NULL,
            body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX decisions_by_version ON decisions (version);

        -- The error budget: the share that a test may err with, written down before the test begins.
        CREATE TABLE spendings (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            version INTEGER NOT NULL REFERENCES versions (id),
            at INTEGER NOT NULL,
            stage INTEGER NOT NULL,
            alpha REAL NOT NULL,
            share REAL NOT NULL
        ) STRICT;
        CREATE INDEX spendings_by_version ON spendings (version);

        -- Trials of one task and agent that differ in having a version; either is in one pair of the version only.
        CREATE TABLE pairs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            version INTEGER NOT NULL REFERENCES versions (id),
            at INTEGER NOT NULL,
            source TEXT NOT NULL,
            task TEXT NOT NULL,
            with_trial TEXT NOT NULL,
            without_trial TEXT NOT NULL,
            passed_with INTEGER NOT NULL,
            passed_without INTEGER NOT NULL,
            UNIQUE (version, with_trial),
            UNIQUE (version, without_trial)
        ) STRICT;

        CREATE TRIGGER decisions_stay BEFORE DELETE ON decisions BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER spendings_stay BEFORE DELETE ON spendings BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER pairs_stay BEFORE DELETE ON pairs BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER decisions_fixed BEFORE UPDATE ON decisions BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER spendings_fixed BEFORE UPDATE ON spendings BEGIN SELECT RAISE(ABORT, 'append only'); END;
        CREATE TRIGGER pairs_fixed BEFORE UPDATE ON pairs BEGIN SELECT RAISE(ABORT, 'append only'); END;
        """,
        """
        -- The run of the gate that spent it, and the digest of all that makes its test this test: what was cut off is found
        -- by them. Null where nothing is to be taken up.
        ALTER TABLE spendings ADD COLUMN run TEXT;
        ALTER TABLE spendings ADD COLUMN plan TEXT;
        """,
    ]
}
