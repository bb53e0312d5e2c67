import CSQLite
import Glibc

/// One SQLite connection with its prepared statements.
///
/// Opened without SQLite's own mutex: the actor that owns it is the lock.
package final class Database {
    package let path: String
    private var handle: OpaquePointer?
    private var statements: [String: Statement] = [:]
    /// The write-ahead log, kept open to be synced by itself; SQLite holds no locks on this file
    /// (closing a descriptor of the *main* file would drop them, see fcntl(2)).
    private var log: CInt = -1

    package init(path: String) throws(StoreError) {
        self.path = path
        // SQLite would make it readable for all, and gives its log and index the mode of the database.
        // An existing one is not opened: closing any descriptor of it drops all its POSIX locks; see fcntl(2).
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if file >= 0 {
            Glibc.close(file)
        } else {
            chmod(path, 0o600)
        }
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
        guard sqlite3_open_v2(path, &handle, flags, nil) == SQLITE_OK else {
            let error = failure("open \(path)")
            sqlite3_close_v2(handle)
            handle = nil
            throw error
        }
        sqlite3_busy_timeout(handle, 5000)
        try execute("PRAGMA journal_mode=WAL")
        try execute("PRAGMA synchronous=NORMAL")
        try execute("PRAGMA foreign_keys=ON")
    }

    deinit { close() }

    /// Opens the write-ahead log for `syncLog`; it exists once something was written or read.
    func openLog() throws(StoreError) {
        guard log < 0 else { return }
        log = open(path + "-wal", O_RDWR | O_CLOEXEC)
        guard log >= 0 else { throw .lastFile("open", path + "-wal") }
    }

    /// Makes everything committed so far durable against power loss (kill -9 needs no sync).
    func syncLog() throws(StoreError) {
        guard handle != nil else { throw .closed }
        guard fdatasync(log) == 0 else { throw .lastFile("fdatasync", path + "-wal") }
    }

    /// Ends the connection; SQLite then moves the log into the database.
    package func close() {
        statements.removeAll()
        sqlite3_close_v2(handle)
        handle = nil
        if log >= 0 { _ = Glibc.close(log) }
        log = -1
    }

    /// Runs one or several statements without parameters.
    package func execute(_ sql: String) throws(StoreError) {
        guard let handle else { throw .closed }
        guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure(sql) }
    }

    /// Runs one statement that returns no rows; the number of rows it changed.
    @discardableResult
    package func run(_ sql: String, _ values: SQLValue...) throws(StoreError) -> Int {
        let statement = try prepared(sql, values)
        defer { statement.reset() }
        guard statement.step() == SQLITE_DONE else { throw failure(sql) }
        return Int(sqlite3_changes(handle))
    }

    /// Every row of a query, as `read` makes it.
    package func rows<T>(
        _ sql: String,
        _ values: SQLValue...,
        read: (Row) throws(StoreError) -> T
    ) throws(StoreError) -> [T] {
        let statement = try prepared(sql, values)
        defer { statement.reset() }
        var result: [T] = []
        while true {
            switch statement.step() {
            case SQLITE_ROW: result.append(try read(statement.row))
            case SQLITE_DONE: return result
            default: throw failure(sql)
            }
        }
    }

    /// The first row of a query, as `read` makes it.
    package func first<T>(
        _ sql: String,
        _ values: SQLValue...,
        read: (Row) throws(StoreError) -> T
    ) throws(StoreError) -> T? {
        let statement = try prepared(sql, values)
        defer { statement.reset() }
        switch statement.step() {
        case SQLITE_ROW: return try read(statement.row)
        case SQLITE_DONE: return nil
        default: throw failure(sql)
        }
    }

    /// How soon a commit survives the loss of power; against kill -9 every commit is safe.
    package enum Durability {
        /// With the next `syncLog`.
        case normal
        /// When `transaction` returns.
        case full
    }

    /// All of `body` or nothing of it.
    package func transaction<T>(
        _ durability: Durability,
        _ body: () throws(StoreError) -> T
    ) throws(StoreError) -> T {
        if durability == .full { try execute("PRAGMA synchronous=FULL") }
        defer { if durability == .full { try? execute("PRAGMA synchronous=NORMAL") } }
        try run("BEGIN IMMEDIATE")
        do throws(StoreError) {
            let result = try body()
            try run("COMMIT")
            return result
        } catch {
            // Some errors (a full disk) have already rolled back; then this fails, and that is well.
            try? execute("ROLLBACK")
            throw error
        }
    }

    private func prepared(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> Statement {
        guard let handle else { throw .closed }
        let statement: Statement
        if let known = statements[sql] {
            statement = known
        } else {
            guard let made = Statement(connection: handle, sql: sql) else { throw failure(sql) }
            statements[sql] = made
            statement = made
        }
        guard statement.bind(values) else { throw failure(sql) }
        return statement
    }

    private func failure(_ operation: String) -> StoreError {
        .database(
            operation: operation,
            code: Int(sqlite3_extended_errcode(handle)),
            message: handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
        )
    }
}
