import FoundationEssentials
import Glibc
import Images
import Reactor
import Tasks
import Trajectory
import Wire

/// Removes what the policy does not keep: of ended trials only, and never a record.
struct Collector: Sendable {
    let store: Store
    let tasks: TaskLibrary
    let shelf: SkillShelf
    let images: ImageStore
    let policy: RetentionPolicy

    private static let shownItems = 1000
    /// What `TrialFiles` keeps of a trial.
    private static let outputs = ["agent", "verifier", "artifacts"]
    private typealias Item = StoreCollect.Result.Item

    func collect(_ params: StoreCollect.Params) async throws -> StoreCollect.Result {
        if let age = params.olderThanSeconds, !(0...SubmissionRules.maximumSeconds).contains(age) {
            throw WireError(.invalidParams, "olderThanSeconds is \(age)", remedy: "a number of seconds from 0 on")
        }
        let now = Timestamp.now()
        let ended = try await store.endedTrials()
        var items = try await layers(of: ended, params, now)
        items += try await outputs(of: ended, params, now)
        items += try await store.blobs.collect(keeping: try await store.blobsInUse(), isDryRun: params.dryRun).map {
            Item(kind: .blob, name: $0.digest, bytes: $0.bytes)
        }
        items += try await unusedTasks(params, now)
        items += try await unusedSkills(params, now)
        items += try await builtImages(ended, without: Set(items.filter { $0.kind == .layer }.map(\.name)), params, now)
        let piles = StoreCollect.Result.Kind.allCases.map { kind in
            let own = items.filter { $0.kind == kind }
            return StoreCollect.Result.Pile(kind: kind, count: own.count, bytes: own.reduce(0) { $0 + $1.bytes })
        }
        items.sort { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
        return StoreCollect.Result(dryRun: params.dryRun, piles: piles, items: Array(items.prefix(Self.shownItems)))
    }

    private static func isOlder(_ time: Timestamp, than seconds: Double?, _ now: Timestamp) -> Bool {
        seconds.map { Double(now.milliseconds - time.milliseconds) / 1000 >= $0 } ?? false
    }

    /// The file goes before the record says so: cut off between the two, the next run finds the record.
    private func layers(
        of trials: [EndedTrial],
        _ params: StoreCollect.Params,
        _ now: Timestamp
    ) async throws -> [Item] {
        var items: [Item] = []
        for trial in trials {
            guard trial.layer != nil,
                Self.isOlder(trial.endedAt, than: policy.layerSeconds(trial.outcome, params), now)
            else { continue }
            // Of a task with steps each step has one.
            let layers = TrialFiles(directory: store.filesDirectory(trial: trial.trial)).archives
            let bytes = layers.reduce(0) { $0 + (Self.bytes(ofFile: $1) ?? 0) }
            for layer in layers where !params.dryRun && unlink(layer) != 0 && errno != ENOENT {
                throw WireError(.storageFailed, "remove \(layer): errno \(errno)")
            }
            items.append(Item(kind: .layer, name: trial.trial, bytes: bytes))
        }
        if !params.dryRun { try await store.forgetLayers(items.map(\.name)) }
        return items
    }

    private func outputs(
        of trials: [EndedTrial],
        _ params: StoreCollect.Params,
        _ now: Timestamp
    ) async throws -> [Item] {
        guard let age = policy.outputSeconds(params) else { return [] }
        let old = trials.filter { Self.isOlder($0.endedAt, than: age, now) }.map(\.trial)
        let (store, isDryRun) = (store, params.dryRun)
        return try await onOwnThread {
            try old.compactMap { trial in
                let stages = TrialFiles(directory: store.filesDirectory(trial: trial)).stages
                let places = stages.flatMap { stage in Self.outputs.map { stage + "/" + $0 } }
                    .filter { access($0, F_OK) == 0 }
                guard !places.isEmpty else { return nil }
                let bytes = places.reduce(0) { $0 + Self.bytes(below: $1) }
                if !isDryRun { for place in places { try FileManager.default.removeItem(atPath: place) } }
                return Item(kind: .output, name: trial, bytes: bytes)
            }
        }
    }

    private func unusedTasks(_ params: StoreCollect.Params, _ now: Timestamp) async throws -> [Item] {
        // A task that was just uploaded is about to be used.
        let age = max(policy.taskSeconds(params), 3600)
        let latest = Timestamp(milliseconds: now.milliseconds - Int64(age * 1000))
        let kept = try await store.tasksInUse().union(try await store.tasksUploaded(since: latest))
        let (library, isDryRun) = (tasks, params.dryRun)
        let items = try await onOwnThread {
            try library.stored().filter { !kept.contains($0) }.map { digest in
                let place = library.place(of: digest)
                let bytes = Self.bytes(below: place)
                if !isDryRun { try FileManager.default.removeItem(atPath: place) }
                return Item(kind: .task, name: digest, bytes: bytes)
            }
        }
        if !params.dryRun { try await store.forgetTasks(items.map(\.name)) }
        return items
    }

    private func unusedSkills(_ params: StoreCollect.Params, _ now: Timestamp) async throws -> [Item] {
        // One that was just uploaded is about to be given.
        let age = max(policy.taskSeconds(params), 3600)
        let kept = try await store.skillsInUse()
        let (shelf, isDryRun) = (shelf, params.dryRun)
        return try await onOwnThread {
            try shelf.stored().filter { !kept.contains($0.digest) && Self.isOlder($0.since, than: age, now) }.map {
                let place = shelf.place(of: $0.digest)
                let bytes = Self.bytes(below: place)
                if !isDryRun { try FileManager.default.removeItem(atPath: place) }
                return Item(kind: .skill, name: $0.digest, bytes: bytes)
            }
        }
    }

    /// Images that were built of tasks; a trial whose layer is kept may be verified again on the same image.
    ///
    /// `trials` are those whose layers go.
    private func builtImages(
        _ ended: [EndedTrial],
        without trials: Set<String>,
        _ params: StoreCollect.Params,
        _ now: Timestamp
    ) async throws -> [Item] {
        // One that was just built is about to be used.
        let age = max(policy.taskSeconds(params), 3600)
        var kept: Set<String> = []
        for trial in ended {
            let isRecent = !Self.isOlder(trial.endedAt, than: age, now)
            guard isRecent || (trial.layer != nil && !trials.contains(trial.trial)) else { continue }
            kept.formUnion(trial.images?.all ?? [])
        }
        let names = Set(try await store.tasksToRun().compactMap { try? tasks.load($0).definition.contents.builtImage })
        var items: [Item] = []
        for image in images.list() where image.usedBy.isEmpty && !kept.contains(image.id) {
            let own = image.names.compactMap { ImageName($0) }
            guard let name = own.first, own.allSatisfy({ $0.isOfEnvironment && !names.contains($0) }),
                Self.isOlder(image.createdAt, than: age, now)
            else { continue }
            let bytes = images.ownBytes(of: image.id)
            do {
                if !params.dryRun { for name in own { _ = try await images.remove(name.description) } }
            } catch ImageError.inUse {
                continue
            }
            items.append(Item(kind: .image, name: name.description, bytes: bytes))
        }
        return items
    }

    // MARK: Sizes

    /// What a file takes on the disk; nil when there is none.
    private static func bytes(ofFile path: String) -> Int? {
        var status = stat()
        return lstat(path, &status) == 0 ? Int(status.st_blocks) * 512 : nil
    }

    /// The same of a directory of the daemon's own making; links in it are not followed.
    private static func bytes(below path: String) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { return 0 }
        let own = Int(status.st_blocks) * 512
        guard status.st_mode & S_IFMT == S_IFDIR else { return own }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.reduce(own) { $0 + bytes(below: path + "/" + $1) }
    }
}

extension TaskLibrary {
    /// Digests of the tasks in the library.
    func stored() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory)
            .filter { $0.utf8.count == 64 && !$0.contains("-") }.map { "sha256:" + $0 }
    }
}
