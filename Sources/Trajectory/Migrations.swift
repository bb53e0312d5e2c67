/// The schema's history: entry `n` leads from version `n` to `n + 1`; entries are added, never changed.
enum Migrations {
    static let all: [String] = [
        """
        -- A task directory that somebody has uploaded, by Harbor's digest. Each user has a record of their own.
        CREATE TABLE tasks (
            digest TEXT NOT NULL,
            owner INTEGER NOT NULL,
            name TEXT NOT NULL,
            path TEXT NOT NULL,
            warnings TEXT NOT NULL,
            recorded_at INTEGER NOT NULL,
            oracle TEXT,
            nop TEXT,
            admitted INTEGER,
            gated_at INTEGER,
            PRIMARY KEY (digest, owner)
        ) STRICT, WITHOUT ROWID;

        -- Trials that were asked for together.
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY,
            uuid TEXT NOT NULL,
            owner INTEGER NOT NULL,
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            UNIQUE (owner, name)
        ) STRICT;

        -- The id is the order of submission.
        CREATE TABLE trials (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            uuid TEXT NOT NULL,
            job INTEGER NOT NULL REFERENCES jobs (id),
            owner INTEGER NOT NULL,
            task TEXT NOT NULL,
            agent TEXT NOT NULL,
            configuration TEXT NOT NULL,
            values_withheld INTEGER NOT NULL,
            phase TEXT NOT NULL,
            submitted_at INTEGER NOT NULL,
            started_at INTEGER,
            finished_at INTEGER,
            exception TEXT,
            frozen_layer TEXT
        ) STRICT;
        CREATE INDEX trials_by_job ON trials (job);
        CREATE INDEX trials_by_phase ON trials (phase);
        CREATE INDEX trials_by_owner ON trials (owner);

        -- The trajectory. `action` and `phase` are set where an action ended.
        CREATE TABLE events (
            trial INTEGER NOT NULL REFERENCES trials (id),
            sequence INTEGER NOT NULL,
            at INTEGER NOT NULL,
            kind TEXT NOT NULL,
            action INTEGER,
            phase TEXT,
            body TEXT NOT NULL,
            PRIMARY KEY (trial, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX events_of_actions ON events (trial, action, phase) WHERE action IS NOT NULL;
        CREATE INDEX events_of_phases ON events (trial) WHERE kind = 'phase';

        CREATE TABLE verdicts (
            trial INTEGER PRIMARY KEY REFERENCES trials (id),
            outcome TEXT NOT NULL,
            reward REAL,
            body TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        """
    ]

    /// Brings the database to the newest schema, in one transaction; refuses one that is newer still.
    static func apply(to database: Database, _ migrations: [String] = all) throws(StoreError) {
        let found = try database.first("PRAGMA user_version") { row in row.int(0) } ?? 0
        guard found <= migrations.count else {
            throw .newerDatabase(path: database.path, found: found, supported: migrations.count)
        }
        guard found < migrations.count else { return }
        try database.transaction(.full) { () throws(StoreError) in
            for migration in migrations[found...] { try database.execute(migration) }
            try database.execute("PRAGMA user_version = \(migrations.count)")
        }
    }
}
