import Glibc
import Linux
import Reactor
package import SandboxPlan

/// A tree that was read out of a sandbox, checked and bounded.
package struct CollectedTree: Sendable {
    package struct Item: Sendable {
        package var entry: TreeEntry
        /// Content of a file, as far as the limits allowed.
        package var content: [UInt8]

        package init(entry: TreeEntry, content: [UInt8] = []) {
            self.entry = entry
            self.content = content
        }
    }
    package var items: [Item] = []
    /// Why it is not complete, in words; empty when it is.
    package var incomplete = ""

    package init(items: [Item] = []) {
        self.items = items
    }

    /// The file at `path` (relative to what was collected).
    package func file(_ path: String) -> Item? {
        let wanted = Array(path.utf8)
        return items.first { $0.entry.kind == .file && $0.entry.path == wanted }
    }

    /// Reads streams that `TreeCollector` writes, one behind the other; the writer is untrusted, so its limits are checked
    /// again.
    static func read(
        _ count: Int,
        from source: CInt,
        limits: TreeLimits,
        reactor: Reactor
    ) async throws(SandboxError) -> [CollectedTree] {
        var trees: [CollectedTree] = []
        var decoder = TreeDecoder(limits: limits)
        var chunk = [UInt8](repeating: 0, count: 65536)
        defer { reactor.forget(source) }
        for await _ in reactor.readiness(of: source) {
            while true {
                let got = Glibc.read(source, &chunk, chunk.count)
                if got < 0 && errno == EINTR { continue }
                if got < 0 && errno == EAGAIN { break }
                guard got > 0 else { throw .sandboxEnded }
                try decoder.append(chunk[..<got])
                while decoder.isFinished {
                    trees.append(decoder.tree)
                    guard trees.count < count else { return trees }
                    let rest = decoder.rest
                    decoder = TreeDecoder(limits: limits)
                    try decoder.append(rest[...])
                }
            }
        }
        throw .sandboxEnded
    }
}

/// A tree as the stream of records that `TreeDecoder` reads, in pieces of about a megabyte at most; pure.
struct TreeEncoder {
    private static let pieceBytes = 1 << 19

    private let items: [CollectedTree.Item]
    private var next = 0
    /// How much of the next item's content went before.
    private var offset = 0
    private var hasEnded = false

    init(_ tree: CollectedTree) {
        items = tree.items
    }

    /// nil after the last one.
    mutating func nextPiece() -> [UInt8]? {
        guard !hasEnded else { return nil }
        var piece: [UInt8] = []
        while next < items.count, piece.count < Self.pieceBytes {
            let item = items[next]
            if offset == 0 { piece += item.entry.encoded() }
            let content = item.content[offset...].prefix(Self.pieceBytes)
            piece += content
            offset += content.count
            if offset == item.content.count { (next, offset) = (next + 1, 0) }
        }
        guard next == items.count else { return piece }
        hasEnded = true
        return piece + TreeEntry(kind: .end, path: []).encoded()
    }
}

/// Puts a stream of entries together; pure.
struct TreeDecoder {
    private let limits: TreeLimits
    private var buffer: [UInt8] = []
    private var current: CollectedTree.Item?
    private var missing = 0
    private var total: UInt64 = 0
    private var nameBytes: UInt64 = 0
    private(set) var tree = CollectedTree()
    private(set) var isFinished = false
    /// What came behind the end.
    var rest: [UInt8] { buffer }

    init(limits: TreeLimits) {
        self.limits = limits
    }

    mutating func append(_ bytes: ArraySlice<UInt8>) throws(SandboxError) {
        buffer.append(contentsOf: bytes)
        var position = 0
        defer { buffer.removeFirst(position) }
        while !isFinished {
            if missing > 0 {
                let taken = min(missing, buffer.count - position)
                current?.content.append(contentsOf: buffer[position..<position + taken])
                position += taken
                missing -= taken
                guard missing == 0 else { return }
            }
            if let item = current {
                tree.items.append(item)
                current = nil
            }
            guard let record = try nextRecord(&position) else { return }
            try begin(record)
        }
    }

    private func nextRecord(_ position: inout Int) throws(SandboxError) -> TreeEntry? {
        guard buffer.count - position >= 4 else { return nil }
        let length = buffer[position..<position + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= 1 << 16 else { throw .protocolBroken("tree record of \(length) bytes") }
        guard buffer.count - position - 4 >= length else { return nil }
        let bytes = Array(buffer[position + 4..<position + 4 + length])
        position += 4 + length
        guard let entry = try? TreeEntry(decoding: bytes) else { throw .protocolBroken("tree record") }
        return entry
    }

    private mutating func begin(_ entry: TreeEntry) throws(SandboxError) {
        if entry.kind == .end {
            tree.incomplete = String(decoding: entry.path, as: UTF8.self)
            isFinished = true
            return
        }
        total += entry.contentBytes
        // A target may have been longer than its size told.
        nameBytes += UInt64(entry.path.count + entry.target.count)
        guard entry.contentBytes <= limits.fileBytes, total <= limits.totalBytes,
            nameBytes <= 2 * TreeLimits.nameBytes, tree.items.count < Int(limits.entries)
        else { throw .protocolBroken("a tree beyond its limits") }
        current = CollectedTree.Item(entry: entry, content: [])
        missing = Int(entry.contentBytes)
    }
}
