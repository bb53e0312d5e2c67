import Glibc
import Testing

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
