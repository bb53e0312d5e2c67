import CSQLite
package import Wire

/// A value on its way into a statement.
package enum SQLValue {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case bytes([UInt8])

    package static func number(_ value: Int?) -> SQLValue { value.map { .integer(Int64($0)) } ?? .null }
    package static func owner(_ value: UInt32?) -> SQLValue { value.map { .integer(Int64($0)) } ?? .null }
    package static func time(_ value: Timestamp?) -> SQLValue { value.map { .integer($0.milliseconds) } ?? .null }
    package static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }
    package static func flag(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
}

/// Tells SQLite to copy bound bytes; the header's macro is a cast of -1 that Swift cannot import.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

/// One prepared statement, kept for the life of its connection.
final class Statement {
    private let handle: OpaquePointer

    /// nil when SQLite refuses the text; the connection then holds the error.
    init?(connection: OpaquePointer, sql: String) {
        var prepared: OpaquePointer?
        let persistent = UInt32(SQLITE_PREPARE_PERSISTENT)
        guard sqlite3_prepare_v3(connection, sql, -1, persistent, &prepared, nil) == SQLITE_OK, let prepared else {
            return nil
        }
        handle = prepared
    }

    deinit { sqlite3_finalize(handle) }

    /// Binds parameters 1, 2, …; false when SQLite refuses one.
    func bind(_ values: [SQLValue]) -> Bool {
        for (offset, value) in values.enumerated() {
            let index = Int32(offset + 1)
            let result =
                switch value {
                case .null: sqlite3_bind_null(handle, index)
                case .integer(let number): sqlite3_bind_int64(handle, index, number)
                case .real(let number): sqlite3_bind_double(handle, index, number)
                case .text(let text): bind(text, at: index)
                case .bytes(let bytes): bind(bytes, at: index)
                }
            if result != SQLITE_OK { return false }
        }
        return true
    }

    /// Binds with an explicit length, so that a NUL inside does not end the text.
    private func bind(_ text: String, at index: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                guard let base = characters.baseAddress else { return sqlite3_bind_text(handle, index, "", 0, nil) }
                return sqlite3_bind_text64(
                    handle,
                    index,
                    base,
                    UInt64(bytes.count),
                    transient,
                    UInt8(SQLITE_UTF8)
                )
            }
        }
    }

    private func bind(_ bytes: [UInt8], at index: Int32) -> Int32 {
        // Without a pointer SQLite would take it for NULL.
        guard !bytes.isEmpty else { return sqlite3_bind_zeroblob(handle, index, 0) }
        return bytes.withUnsafeBytes { sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), transient) }
    }

    func step() -> Int32 { sqlite3_step(handle) }

    /// Makes it ready for the next use and lets go of the read lock.
    func reset() {
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    var row: Row { Row(handle: handle) }
}

/// The current row of a statement; valid until the next step.
package struct Row {
    fileprivate let handle: OpaquePointer

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }
    package func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }
    package func double(_ column: Int32) -> Double? { isNull(column) ? nil : sqlite3_column_double(handle, column) }
    package func flag(_ column: Int32) -> Bool { int(column) != 0 }
    package func time(_ column: Int32) -> Timestamp { Timestamp(milliseconds: sqlite3_column_int64(handle, column)) }
    package func optionalTime(_ column: Int32) -> Timestamp? { isNull(column) ? nil : time(column) }
    package func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    package func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }

    package func bytes(_ column: Int32) -> [UInt8] {
        guard let bytes = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// A column that holds one of our own words.
    package func word<T: RawRepresentable>(_ column: Int32, as type: T.Type) throws(StoreError) -> T
    where T.RawValue == String {
        guard let value = T(rawValue: text(column)) else {
            throw .damaged("'\(text(column))' is not a \(type) that this version knows")
        }
        return value
    }

    /// A column that holds JSON.
    package func json<T: Decodable>(_ column: Int32, as type: T.Type) throws(StoreError) -> T {
        do {
            return try WireJSON.decode(type, from: Array(text(column).utf8))
        } catch {
            throw .damaged("a stored \(type) does not decode: \(error)")
        }
    }

    package func optionalJSON<T: Decodable>(_ column: Int32, as type: T.Type) throws(StoreError) -> T? {
        isNull(column) ? nil : try json(column, as: type)
    }
}

/// JSON text for a column.
package func storedJSON(_ value: some Encodable) throws(StoreError) -> String {
    do {
        return String(decoding: try WireJSON.encode(value), as: UTF8.self)
    } catch {
        throw .unstorable("this value has no JSON form: \(error)")
    }
}
