import Glibc
import Testing
import Wire

@testable import Trajectory

@Suite struct MigrationTests {
    @Test func anEmptyDatabaseGetsTheNewestSchemaAndKeepsItsContents() async throws {
        let state = try StateDirectory()
        let first = try state.open()
        let trial = try await first.submit(.sample(), owner: 7, job: nil).trial
        try await first.close()

        let second = try state.open()
        #expect(try await second.owner(trial) == 7)
        try await second.close()
        let database = try Database(path: state.path + "/record.db")
        #expect(try database.first("PRAGMA user_version") { row in row.int(0) } == Migrations.all.count)
        #expect(try database.first("PRAGMA journal_mode") { row in row.text(0) } == "wal")
    }

    @Test func aDatabaseOfANewerVersionIsRefusedAndLeftAlone() async throws {
        let state = try StateDirectory()
        let path = state.path + "/record.db"
        do {
            let database = try Database(path: path)
            try database.execute("CREATE TABLE future (x INTEGER); PRAGMA user_version = 9999")
        }
        let refusal = StoreError.newerDatabase(path: path, found: 9999, supported: Migrations.all.count)
        #expect(throws: refusal) { try state.open() }
        #expect(refusal.description.contains("schema 9999"))
        #expect(refusal.remedy != nil)
        let database = try Database(path: path)
        let tables = try database.rows("SELECT name FROM sqlite_schema") { row in row.text(0) }
        #expect(tables == ["future"])
    }

    @Test func missingMigrationsAreAppliedInOrderAndAFailingOneLeavesTheOldSchema() throws {
        let state = try StateDirectory()
        let database = try Database(path: state.path + "/record.db")
        let first = "CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1)"
        try Migrations.apply(to: database, [first])
        #expect(throws: StoreError.self) {
            try Migrations.apply(to: database, [first, "UPDATE a SET x = x + 1", "THIS IS NOT SQL"])
        }
        #expect(try database.first("SELECT x FROM a") { row in row.int(0) } == 1)
        #expect(try database.first("PRAGMA user_version") { row in row.int(0) } == 1)

        try Migrations.apply(to: database, [first, "UPDATE a SET x = x + 1", "UPDATE a SET x = x * 10"])
        #expect(try database.first("SELECT x FROM a") { row in row.int(0) } == 20)
        #expect(try database.first("PRAGMA user_version") { row in row.int(0) } == 3)
    }

    @Test func trialsOfTheFirstSchemaAreKept() async throws {
        let state = try StateDirectory()
        do {
            let database = try Database(path: state.path + "/record.db")
            try Migrations.apply(to: database, Array(Migrations.all.prefix(1)))
            let configuration = try storedJSON(TrialConfiguration.sample())
            try database.execute(
                """
                INSERT INTO jobs (id, uuid, owner, name, created_at) VALUES (1, 'u', 7, 'old', 1);
                INSERT INTO trials (name, uuid, job, owner, task, agent, configuration, values_withheld, phase, submitted_at)
                VALUES ('old__1', 'v', 1, 7, 'demo/hello-world', 'oracle', '\(configuration)', 0, 'queued', 1)
                """
            )
        }
        let store = try state.open()
        let queued = try #require(try await store.queued().first)
        #expect(queued.configuration == .sample() && queued.planned == nil)
        #expect(try await store.detail("old__1").jobTry == nil)
        #expect(try await store.trials(ofJob: "old", visibleTo: 7) == ["old__1"])
        #expect(try await store.jobs(limit: 9, visibleTo: nil).total == 0, "a batch is no job with a plan")
    }

    @Test func theRecordIsReadableForItsOwnerAlone() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        _ = try await store.counts()
        for name in ["record.db", "record.db-wal", "record.db-shm"] {
            var status = stat()
            try #require(stat(state.path + "/" + name, &status) == 0, "\(name)")
            #expect(status.st_mode & 0o077 == 0, "\(name)")
        }
    }

    @Test func aStateDirectoryHasOneOwner() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        #expect(throws: StoreError.inUse(directory: state.path)) { try state.open() }
        _ = try await store.counts()
    }
}
