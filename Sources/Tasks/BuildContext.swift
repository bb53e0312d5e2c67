import CArchive
import Glibc

/// The files beside a Dockerfile, as COPY takes them; what `.dockerignore` names is not there.
package struct BuildContext: Sendable {
    private let directory: TaskDirectory
    private let rules: IgnoreRules

    /// - Throws: when there is no such directory.
    package init(_ path: String) throws(TaskError) {
        let directory = try TaskDirectory(path)
        let file = ["Dockerfile.dockerignore", ".dockerignore"].first { directory.kind(of: $0) == .file }
        rules = IgnoreRules(
            dockerText: try file.map { name throws(TaskError) in
                try directory.text(name, limit: 1 << 20)
            } ?? ""
        )
        self.directory = directory
    }

    /// Writes a tar stream of what an instruction copies, with names from the root on, to a descriptor, which stays open.
    ///
    /// - Throws: `ArchiveError`, also when a source is not there.
    package func pack(
        _ copy: Dockerfile.Copy,
        as target: CopyArchive.Target,
        to descriptor: CInt
    ) throws(ArchiveError) {
        var sources: [String] = []
        for pattern in copy.sources { sources += try find(pattern) }
        var target = target
        target.isDirectory = target.isDirectory || sources.count > 1
        let archive = try CopyArchive(copy, as: target, to: descriptor)
        for source in sources {
            if directory.kind(of: source) == .directory, try file(source).mode & S_IFMT == S_IFDIR {
                try addContent(of: source, at: archive.root, to: archive)
                continue
            }
            if copy.isAdd, try addEntries(of: source, keepingOwners: copy.owner == nil, to: archive) { continue }
            let name = source.split(separator: "/").last.map(String.init) ?? source
            try add(source, at: archive.place(of: name), to: archive)
        }
        try archive.finish()
    }

    // MARK: What there is

    /// Relative paths that fit a pattern, of which each part is one for itself; at least one.
    private func find(_ pattern: String) throws(ArchiveError) -> [String] {
        let parts = pattern.split(separator: "/").filter { $0 != "." }
        guard !parts.contains("..") else { throw .badName(pattern) }
        var found = [""]
        for part in parts {
            var next: [String] = []
            for parent in found where directory.kind(of: parent) == .directory {
                for name in try names(in: parent) where CopyArchive.fits(name, part) {
                    next.append(CopyArchive.join(parent, name))
                }
            }
            found = next
        }
        var kept: [String] = []
        for path in found where try isThere(path) { kept.append(path) }
        guard !kept.isEmpty else {
            let why = found.isEmpty ? "there is nothing of that name beside the Dockerfile" : ".dockerignore names it"
            throw .file(path: pattern, call: "COPY", reason: why)
        }
        return kept
    }

    /// Not ignored, or a directory with something in it that is not.
    private func isThere(_ path: String) throws(ArchiveError) -> Bool {
        let isDirectory = directory.kind(of: path) == .directory && !directory.isSymbolicLink(path)
        guard rules.decision(path.split(separator: "/").map(String.init), isDirectory: isDirectory) == true else {
            return true
        }
        guard isDirectory, rules.hasExceptions else { return false }
        for name in try names(in: path) where try isThere(CopyArchive.join(path, name)) { return true }
        return false
    }

    private func names(in path: String) throws(ArchiveError) -> [String] {
        do throws(TaskError) { return try directory.names(in: path) } catch {
            throw .file(path: path, call: "opendir", reason: "\(error)")
        }
    }

    private func file(_ path: String) throws(ArchiveError) -> CopyArchive.File {
        var status = stat()
        guard lstat(directory.path + "/" + path, &status) == 0 else { throw TreeWriter.failure(path, "lstat") }
        var file = CopyArchive.File(mode: status.st_mode, modified: status.st_mtim.tv_sec, size: status.st_size)
        guard file.mode & S_IFMT == S_IFLNK else { return file }
        var lead = [CChar](repeating: 0, count: 4097)
        guard readlink(directory.path + "/" + path, &lead, 4096) >= 0 else {
            throw TreeWriter.failure(path, "readlink")
        }
        file.lead = lead
        return file
    }

    // MARK: Packing

    private func addContent(of path: String, at place: String, to archive: CopyArchive) throws(ArchiveError) {
        for name in try names(in: path) {
            let inner = CopyArchive.join(path, name)
            guard try isThere(inner) else { continue }
            try add(inner, at: CopyArchive.join(place, name), to: archive)
        }
    }

    private func add(_ path: String, at place: String, to archive: CopyArchive) throws(ArchiveError) {
        let file = try file(path)
        switch file.mode & S_IFMT {
        case S_IFREG:
            try archive.begin(place, file)
            try writeContent(of: path, size: file.size, to: archive)
        case S_IFLNK: try archive.begin(place, file)
        case S_IFDIR:
            try archive.begin(place, file)
            try addContent(of: path, at: place, to: archive)
        default: throw .unsupportedEntry(path: path, kind: "device, socket or pipe")
        }
    }

    private func writeContent(of path: String, size: Int, to archive: CopyArchive) throws(ArchiveError) {
        let file = try open(path)
        defer { close(file) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { buffer.deallocate() }
        var left = size
        while left > 0 {
            let count = read(file, buffer.baseAddress, min(left, buffer.count))
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw .file(path: path, call: "read", reason: "it could not be read to its end")
            }
            try archive.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            left -= count
        }
    }

    /// Unpacks a file that is a tar archive into the target; false when it is none.
    private func addEntries(
        of path: String,
        keepingOwners: Bool,
        to archive: CopyArchive
    ) throws(ArchiveError) -> Bool {
        guard try file(path).mode & S_IFMT == S_IFREG else { return false }
        let file = try open(path)
        defer { close(file) }
        return try archive.addEntries(of: file, at: archive.root, isTree: true, keepingOwners: keepingOwners)
    }

    private func open(_ path: String) throws(ArchiveError) -> CInt {
        let file = Glibc.open(directory.path + "/" + path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw TreeWriter.failure(path, "open") }
        return file
    }
}
