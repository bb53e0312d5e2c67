import CLinux
import Glibc
import SandboxPlan

/// One overlay's writable directory, and what it covers, topmost first; descriptors.
struct WatchedLayer {
    /// Where it is mounted inside, without a slash at the end.
    let target: [UInt8]
    let upper: CInt
    let lowers: [CInt]
}

/// Finds what changed in the writable layers from one look to the next.
///
/// By walking them, which needs no privilege and no newer kernel (fanotify watches a user namespace's file systems from
/// 6.18 on only) and costs little more than the kernel's fstatat(2) of each entry. What an agent changes and changes back between two looks is not
/// seen, nor what it writes through a shared map of a file on tmpfs, which leaves the file's times as they are; the list that
/// is made of the frozen layer names every path that the layer has.
struct LayerWatch {
    private let layers: [WatchedLayer]
    /// What the last look saw, by hashes of paths, which are keyed by chance: nobody inside can make two meet.
    private var entries: [Int: Entry] = [:]
    /// How many looks there were.
    private var number = 0
    /// Entries of this look so far.
    private var seen = 0
    /// Of the directory that is being walked, with a slash at the end.
    private var path: [UInt8] = []
    private var changes = LayerChanges()
    private var listedBytes = 0
    /// The layers have become larger than a look may take: no more are made.
    private var hasGivenUp = false

    static let maximumEntries = 20_000
    private static let maximumDepth = 64

    init(_ layers: [WatchedLayer]) {
        self.layers = layers
    }

    /// See `Launcher.rehearse`.
    static func rehearse() {
        var watch = LayerWatch([WatchedLayer(target: [], upper: -1, lowers: [])])
        "".withCString {
            watch.note(0, UnsafeRawBufferPointer(start: $0, count: 0), Mark(kind: .file), watch.layers[0])
        }
    }

    /// For a child that serves an agent's paths: it holds nothing that lies outside the sandbox's root.
    func closeDescriptors() {
        for layer in layers { for descriptor in layer.lowers + [layer.upper] { _ = close(descriptor) } }
    }

    /// What a change shows in: write(2), and changes of mode, owner or name count, set ctime, which nobody can set; inode(7).
    private struct Mark: Equatable {
        enum Kind { case file, directory, opaqueDirectory, whiteout }
        var kind: Kind
        var inode: UInt64 = 0
        var seconds = 0
        var nanoseconds = 0
        var size = 0
    }

    private struct Entry {
        let path: [UInt8]
        var mark: Mark
        /// The number of the look that last saw it.
        var seenBy: Int
    }

    /// What changed since the last look; nil when the layers are too large to be looked at.
    mutating func look() -> LayerChanges? {
        guard !hasGivenUp else { return nil }
        changes = LayerChanges()
        (listedBytes, seen) = (0, 0)
        number += 1
        for (index, layer) in layers.enumerated() {
            let top = openat(layer.upper, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard top >= 0 else { continue }
            path = layer.target + [UInt8(ascii: "/")]
            var hasher = Hasher()
            hasher.combine(index)
            walk(top, layer, hasher, depth: 0)
        }
        if hasGivenUp {
            entries = [:]
            return nil
        }
        if seen < entries.count { forgetTheGone() }
        return changes
    }

    private mutating func forgetTheGone() {
        let gone = entries.values.filter { $0.seenBy != number && $0.mark.kind != .whiteout }.map(\.path)
        for path in gone.sorted(by: { $0.lexicographicallyPrecedes($1) }) { list(path, in: \.deleted) }
        entries = entries.filter { $0.value.seenBy == number }
    }

    /// Consumes the descriptor; `hasher` has taken the directory's path below its layer.
    private mutating func walk(_ directory: CInt, _ layer: WatchedLayer, _ hasher: Hasher, depth: Int) {
        guard depth < Self.maximumDepth, let listing = clinux_directory_open(directory) else {
            _ = close(directory)
            hasGivenUp = true
            return
        }
        defer { clinux_directory_close(listing) }
        while !hasGivenUp, let start = clinux_directory_next(listing) {
            var status = stat()
            guard fstatat(directory, start, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            seen += 1
            guard seen <= Self.maximumEntries else {
                hasGivenUp = true
                return
            }
            let name = UnsafeRawBufferPointer(start: start, count: strlen(start))
            var own = hasher
            own.combine(bytes: name)
            guard status.st_mode & S_IFMT == S_IFDIR else {
                note(own.finalize(), name, Self.mark(status), layer)
                continue
            }
            let child = openat(directory, start, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            let isOpaque = child >= 0 && clinux_has_xattr(child, "user.overlay.opaque") != 0
            note(own.finalize(), name, Mark(kind: isOpaque ? .opaqueDirectory : .directory), layer)
            guard child >= 0 else { continue }
            let length = path.count
            path += name + [UInt8(ascii: "/")]
            own.combine(UInt8(ascii: "/"))
            walk(child, layer, own, depth: depth + 1)
            path.removeSubrange(length...)
        }
    }

    private static func mark(_ status: stat) -> Mark {
        guard clinux_is_whiteout(UInt32(status.st_mode), UInt64(status.st_rdev)) == 0 else {
            return Mark(kind: .whiteout)
        }
        return Mark(
            kind: .file,
            inode: UInt64(status.st_ino),
            seconds: status.st_ctim.tv_sec,
            nanoseconds: status.st_ctim.tv_nsec,
            size: Int(status.st_size)
        )
    }

    private mutating func note(_ key: Int, _ name: UnsafeRawBufferPointer, _ mark: Mark, _ layer: WatchedLayer) {
        guard let place = entries.index(forKey: key) else {
            let entry = Entry(path: path + name, mark: mark, seenBy: number)
            entries[key] = entry
            return tell(entry.path, mark, nil, layer)
        }
        let before = entries.values[place].mark
        entries.values[place].seenBy = number
        guard mark != before else { return }
        entries.values[place].mark = mark
        tell(entries.values[place].path, mark, before, layer)
    }

    private mutating func tell(_ path: [UInt8], _ mark: Mark, _ before: Mark?, _ layer: WatchedLayer) {
        switch mark.kind {
        case .whiteout: list(path, in: \.deleted)
        case .file where before == nil || before?.kind == .whiteout:
            list(path, in: covers(path, layer) ? \.modified : \.created)
        case .file: list(path, in: \.modified)
        case .directory, .opaqueDirectory:
            if before?.kind == .directory || before?.kind == .opaqueDirectory {
                // It was removed and made anew.
                if mark.kind == .opaqueDirectory { list(path, in: \.modified) }
            } else if !covers(path, layer) {
                list(path, in: \.created)
            } else if mark.kind == .opaqueDirectory {
                list(path, in: \.modified)
            }
        }
    }

    /// Whether the image, or a layer below, has something at this path.
    private func covers(_ path: [UInt8], _ layer: WatchedLayer) -> Bool {
        let relative = path.dropFirst(layer.target.count + 1).map { CChar(bitPattern: $0) } + [0]
        for lower in layer.lowers {
            let found = clinux_openat2(
                lower,
                relative,
                UInt64(CLINUX_O_PATH | O_NOFOLLOW | O_CLOEXEC),
                0,
                CLINUX_RESOLVE_BENEATH | CLINUX_RESOLVE_NO_SYMLINKS
            )
            guard found >= 0 else { continue }
            defer { _ = close(found) }
            var status = stat()
            guard fstat(found, &status) == 0 else { continue }
            return clinux_is_whiteout(UInt32(status.st_mode), UInt64(status.st_rdev)) == 0
        }
        return false
    }

    private mutating func list(_ path: [UInt8], in paths: WritableKeyPath<LayerChanges, [[UInt8]]>) {
        let count = changes.created.count + changes.modified.count + changes.deleted.count
        guard count < LayerChanges.maximumPaths, listedBytes + path.count <= LayerChanges.maximumPathBytes else {
            changes.unlisted += 1
            return
        }
        listedBytes += path.count
        changes[keyPath: paths].append(path)
    }
}
