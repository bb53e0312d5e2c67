import FoundationEssentials
import Glibc
package import Sandbox
import Synchronization
import Tasks
package import Wire

/// The images of this daemon: trees by the digests of their layers, names, and who uses them at the moment.
///
/// The index is written whole and moved into place after a tree has its name, so that what it lists is there; what it does
/// not list is removed at the start.
package final class ImageStore: Sendable {
    let directory: String
    let trees: ImageTrees
    private let state: Mutex<State>
    /// The last of those who change trees, each of whom waits for the one before.
    private let lastChange = Mutex<Task<Void, Never>?>(nil)

    private struct State {
        var index: ImageIndex
        /// By id: the names of those who use it.
        var users: [String: [String]] = [:]
    }

    /// Opens the store of a state directory that the caller has to itself.
    ///
    /// `host` composes the sandbox in which trees are made of `base`.
    package static func open(directory: String, host: SandboxHost, base: Image) async throws -> ImageStore {
        let files = FileManager.default
        try files.createDirectory(atPath: directory + "/trees", withIntermediateDirectories: true)
        for name in try files.contentsOfDirectory(atPath: directory) where name.hasPrefix(incoming) {
            try files.removeItem(atPath: "\(directory)/\(name)")
        }
        var index = ImageIndex()
        if let data = files.contents(atPath: directory + "/index.json") {
            do {
                index = try WireJSON.decode(ImageIndex.self, from: Array(data))
            } catch {
                throw ImageError.store("\(directory)/index.json: \(error)")
            }
        }
        let trees = ImageTrees(directory: directory + "/trees", host: host, base: base)
        try await trees.removeDrafts()
        let store = ImageStore(directory: directory, trees: trees, index: index)
        for name in trees.names where index.layers[name] == nil { try await trees.remove(name) }
        try await store.removeUnnamed()
        return store
    }

    private init(directory: String, trees: ImageTrees, index: ImageIndex) {
        self.directory = directory
        self.trees = trees
        state = Mutex(State(index: index))
    }

    static let incoming = "incoming-"

    // MARK: Looking

    /// With tags.
    package var names: Set<String> { Set(state.withLock { $0.index.names.keys }) }

    /// All images, with a name or still in use without one, in the order of their names.
    package func list() -> [ImageSummary] {
        state.withLock { state in
            state.index.images.map { summary($0, state) }.sorted { $0.sortKey < $1.sortKey }
        }
    }

    /// By name, or by the beginning of an id.
    package func find(_ text: String) throws(ImageError) -> (record: ImageRecord, summary: ImageSummary) {
        try state.withLock { state throws(ImageError) in
            let record = try Self.record(text, state)
            return (record, summary(record, state))
        }
    }

    private static func record(_ text: String, _ state: State) throws(ImageError) -> ImageRecord {
        let id = ImageName(text).flatMap { state.index.names[$0.description] }
        if let record = id.flatMap(state.index.image(id:)) { return record }
        let digits = text.hasPrefix("sha256:") ? text : "sha256:" + text
        let found = digits.count >= "sha256:".count + 6 ? state.index.images.filter { $0.id.hasPrefix(digits) } : []
        guard found.count <= 1 else { throw .ambiguous(text) }
        guard let record = found.first else { throw .unknown(text) }
        return record
    }

    /// The bytes that only this image has; 0 when there is none.
    package func ownBytes(of id: String) -> Int {
        state.withLock { state in
            let others = Set(state.index.images.filter { $0.id != id }.flatMap(\.chain))
            let own = state.index.image(id: id)?.chain.filter { !others.contains($0) } ?? []
            return Int(clamping: own.reduce(0) { $0 &+ (state.index.layers[$1]?.bytes ?? 0) })
        }
    }

    private func summary(_ record: ImageRecord, _ state: State) -> ImageSummary {
        let layers = record.chain.compactMap { state.index.layers[$0] }
        return ImageSummary(
            id: record.id,
            names: state.index.names(of: record.id),
            bytes: Int(clamping: layers.reduce(0) { $0 &+ $1.bytes }),
            entries: layers.reduce(0) { $0 + $1.entries },
            layers: record.layers.count,
            createdAt: record.createdAt,
            source: record.source,
            usedBy: state.users[record.id] ?? []
        )
    }

    // MARK: Using

    /// The image of that name, which stays as long as the answer does; nil when there is none.
    package func hold(_ name: String, by user: String) -> HeldImage? {
        let record = state.withLock { state -> ImageRecord? in
            guard let record = try? Self.record(name, state) else { return nil }
            state.users[record.id, default: []].append(user)
            return record
        }
        return record.map { held($0, by: user, as: name) }
    }

    /// For a user that has been noted already.
    func held(_ record: ImageRecord, by user: String, as name: String) -> HeldImage {
        let image = Image(
            name: name,
            root: trees.path(record.chain.last ?? ""),
            trees: [:],
            settings: record.settings
        )
        return HeldImage(image, id: record.id) { [weak self] in self?.release(record.id, by: user) }
    }

    private func release(_ id: String, by user: String) {
        state.withLock { state in
            guard let place = state.users[id]?.firstIndex(of: user) else { return }
            state.users[id]?.remove(at: place)
            if state.users[id]?.isEmpty == true { state.users[id] = nil }
        }
    }

    // MARK: Changing

    /// Changes to trees come one after the other: what one finds is not removed by another.
    func alone<Value: Sendable>(_ change: () async throws -> Value) async throws -> Value {
        let (ended, end) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let before = lastChange.withLock { last in
            let before = last
            last = Task {
                await before?.value
                for await _ in ended {}
            }
            return before
        }
        defer { end.finish() }
        await before?.value
        try Task.checkCancellation()
        return try await change()
    }

    /// Removes a name, and the image with its last one; by an id, all its names.
    ///
    /// - Returns: the names that are gone and the bytes that are free.
    package func remove(_ text: String) async throws -> (names: [String], bytes: Int) {
        let removed = try state.withLock { state throws(ImageError) in
            let record = try Self.record(text, state)
            let all = state.index.names(of: record.id)
            let name = ImageName(text)?.description
            let names = name.map { all.contains($0) ? [$0] : all } ?? all
            if names.count == all.count, let users = state.users[record.id] {
                throw .inUse(name: text, by: Array(Set(users)).sorted())
            }
            var index = state.index
            for name in names { index.names[name] = nil }
            try write(index)
            state.index = index
            return names
        }
        return (removed, try await alone { try await removeUnnamed() })
    }

    /// Names an image whose trees are there, notes who uses it, or both; what had the name before loses it.
    func add(
        _ record: ImageRecord,
        layers: [String: LayerRecord],
        name: ImageName?,
        user: String? = nil
    ) throws(ImageError) {
        try state.withLock { state throws(ImageError) in
            var index = state.index
            index.layers.merge(layers) { old, _ in old }
            index.images.removeAll { $0.id == record.id }
            index.images.append(record)
            if let name { index.names[name.description] = record.id }
            try write(index)
            state.index = index
            if let user { state.users[record.id, default: []].append(user) }
        }
    }

    /// Removes what has no name and that nobody holds any more.
    package func sweep() async throws {
        _ = try await alone { try await removeUnnamed() }
    }

    /// What is known of a tree that is there.
    func layer(_ tree: String) -> LayerRecord? {
        state.withLock { $0.index.layers[tree] }
    }

    /// Removes images that have no name and that nobody uses, alone; the bytes that are free then.
    @discardableResult
    func removeUnnamed() async throws -> Int {
        var bytes: UInt64 = 0
        let unused = try state.withLock { state throws(ImageError) in
            var index = state.index
            let unused = index.removeUnnamed(used: Set(state.users.keys))
            guard index.images.count != state.index.images.count || !unused.isEmpty else { return unused }
            try write(index)
            for tree in unused { bytes += state.index.layers[tree]?.bytes ?? 0 }
            state.index = index
            return unused
        }
        for tree in unused { try await trees.remove(tree) }
        return Int(clamping: bytes)
    }

    /// Whole or not at all; see rename(2), fsync(2).
    private func write(_ index: ImageIndex) throws(ImageError) {
        let draft = "\(directory)/\(Self.incoming)index"
        do {
            let bytes = try WireJSON.encode(index)
            let file = Glibc.open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw ImageError.store("\(draft): errno \(errno)") }
            defer { close(file) }
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count == bytes.count, fsync(file) == 0, rename(draft, directory + "/index.json") == 0 else {
                throw ImageError.store("\(draft): errno \(errno)")
            }
        } catch {
            throw error as? ImageError ?? .store("\(error)")
        }
    }
}

extension ImageSummary {
    fileprivate var sortKey: String { names.first ?? "~" + id }
}
