/// The schema's history: entry `n` leads from version `n` to `n + 1`; entries are added, never changed.
package enum Migrations {
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
        """,
        """
        -- A job that was made as a whole has a plan, whose tasks are rows of job_tasks.
        ALTER TABLE jobs ADD COLUMN plan TEXT;
        ALTER TABLE jobs ADD COLUMN concurrency INTEGER;
        ALTER TABLE jobs ADD COLUMN cancelled_at INTEGER;
        ALTER TABLE jobs ADD COLUMN ended_at INTEGER;
        CREATE INDEX jobs_with_plan ON jobs (id) WHERE plan IS NOT NULL;

        CREATE TABLE job_tasks (
            id INTEGER PRIMARY KEY,
            job INTEGER NOT NULL REFERENCES jobs (id),
            number INTEGER NOT NULL,
            digest TEXT NOT NULL,
            name TEXT NOT NULL,
            path TEXT NOT NULL,
            UNIQUE (job, number)
        ) STRICT;

        -- A trial with a job_task is one try of one attempt at it; its configuration is '' here: the plan says it.
        ALTER TABLE trials ADD COLUMN job_task INTEGER REFERENCES job_tasks (id);
        ALTER TABLE trials ADD COLUMN attempt INTEGER;
        ALTER TABLE trials ADD COLUMN try_number INTEGER;
        -- Retries by policy so far; a try that was cut off does not count.
        ALTER TABLE trials ADD COLUMN retries INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE trials ADD COLUMN previous INTEGER REFERENCES trials (id);
        ALTER TABLE trials ADD COLUMN is_last INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE trials ADD COLUMN not_before INTEGER;
        CREATE UNIQUE INDEX trials_last_tries ON trials (job_task, attempt) WHERE is_last = 1 AND job_task IS NOT NULL;
        CREATE INDEX trials_by_previous ON trials (previous) WHERE previous IS NOT NULL;
        """,
        """
        -- What the trial ran on, from the moment that it runs.
        ALTER TABLE trials ADD COLUMN images TEXT;
        """,
        """
        -- What the agents of the task's trials were given, as JSON.
        ALTER TABLE job_tasks ADD COLUMN skills TEXT;
        """,
        """
        -- What it takes to deceive a task's verifier, each time that it was measured.
        CREATE TABLE task_strengths (
            id INTEGER PRIMARY KEY,
            digest TEXT NOT NULL,
            owner INTEGER NOT NULL,
            strength REAL NOT NULL,
            body TEXT NOT NULL,
            at INTEGER NOT NULL
        ) STRICT;
        CREATE INDEX task_strengths_by_digest ON task_strengths (digest);
        """,
        """
        -- What the distiller that reads jobs made of this one, as JSON.
        ALTER TABLE jobs ADD COLUMN distillation TEXT;
        """,
    ]

    /// Brings the database to the newest schema, in one transaction; refuses one that is newer still.
    package static func apply(to database: Database, _ migrations: [String]) throws(StoreError) {
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
