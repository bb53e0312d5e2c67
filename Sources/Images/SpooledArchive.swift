import CArchive
import FoundationEssentials
import Glibc
import Sandbox
import Wire

/// The members of an archive of images, each in a file of its own: they refer to each other in any order.
///
/// Files have numbers, not the archive's names: those only lead to them.
final class SpooledArchive: Sendable {
    private let directory: String
    /// Numbers by path.
    private let members: [String: Int]
    /// Blobs of an OCI layout that are what their names say.
    static let blobPrefix = "blobs/sha256/"

    /// Reads all of the input; `directory` is made, and is the caller's to remove.
    init(_ input: LayerInput, in directory: String, limits: Limits = Limits()) throws {
        self.directory = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let reader = try TarMembers(input)
        var members: [String: Int] = [:]
        var links: [(path: String, target: String)] = []
        while let member = try reader.next() {
            guard members.count + links.count < limits.members else {
                throw ImageError.tooLarge("more than \(limits.members) members")
            }
            switch member.kind {
            case .file:
                let number = members.count
                let digest = try reader.copyContent(to: directory + "/\(number)")
                if member.path.hasPrefix(Self.blobPrefix) {
                    let promised = String(member.path.dropFirst(Self.blobPrefix.count))
                    guard digest == promised else {
                        throw ImageError.wrongDigest(what: member.path, expected: promised, actual: digest)
                    }
                }
                members[member.path] = number
            case .link(let target): links.append((member.path, target))
            case .other: continue
            }
        }
        // Older `docker save` archives have a layer once, and links to it.
        for (path, target) in links {
            if let number = members[Self.resolve(target, from: path)] { members[path] = number }
        }
        self.members = members
    }

    struct Limits {
        var members = 20_000
    }

    func has(_ path: String) -> Bool { members[path] != nil }

    /// A member opened for reading; the caller closes it.
    func open(_ path: String) throws(ImageError) -> CInt {
        guard let number = members[path] else { throw .unreadable("\(path) is missing") }
        let file = Glibc.open(directory + "/\(number)", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .store("open \(path): errno \(errno)") }
        return file
    }

    /// A description, which is never large.
    func decode<T: Decodable>(_ type: T.Type, _ path: String) throws -> (value: T, bytes: [UInt8]) {
        guard let number = members[path] else { throw ImageError.unreadable("\(path) is missing") }
        let file = directory + "/\(number)"
        var status = stat()
        guard stat(file, &status) == 0, status.st_size <= 4 << 20, let data = FileManager.default.contents(atPath: file)
        else { throw ImageError.unreadable("\(path) is no description of an image") }
        do {
            return (try WireJSON.decode(type, from: Array(data)), Array(data))
        } catch {
            throw ImageError.unreadable("\(path): \(WireError(badParams: error, method: "JSON").message)")
        }
    }

    /// `../id/layer.tar`, as seen from `other/layer.tar`.
    private static func resolve(_ target: String, from path: String) -> String {
        var names = target.hasPrefix("/") ? [] : path.split(separator: "/").dropLast().map(String.init)
        for part in target.split(separator: "/") where part != "." {
            if part == ".." { _ = names.popLast() } else { names.append(String(part)) }
        }
        return names.joined(separator: "/")
    }
}

/// The members of a tar stream, one after the other.
private final class TarMembers {
    struct Member {
        enum Kind {
            case file
            case link(target: String)
            case other
        }
        let path: String
        let kind: Kind
    }

    private let archive: OpaquePointer
    private let source: ArchiveSource

    init(_ input: LayerInput) throws {
        guard let archive = archive_read_new() else { throw ImageError.store("memory ran out") }
        self.archive = archive
        source = ArchiveSource(input)
        archive_read_support_format_tar(archive)
        try source.open(archive)
    }

    deinit { archive_read_free(archive) }

    func next() throws -> Member? {
        var header: OpaquePointer?
        let status = archive_read_next_header(archive, &header)
        if status == ARCHIVE_EOF { return nil }
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let header, let name = archive_entry_pathname(header)
        else {
            throw source.error(archive)
        }
        let path = String(cString: name).split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        if let target = archive_entry_hardlink(header) {
            return Member(path: path, kind: .link(target: "/" + String(cString: target)))
        }
        switch archive_entry_filetype(header) {
        case S_IFREG: return Member(path: path, kind: .file)
        case S_IFLNK:
            let target = archive_entry_symlink(header).map { String(cString: $0) } ?? ""
            return Member(path: path, kind: .link(target: target))
        default: return Member(path: path, kind: .other)
        }
    }

    /// Writes the member's content into a new file; its SHA-256 in hexadecimal.
    func copyContent(to path: String) throws -> String {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw ImageError.store("create \(path): errno \(errno)") }
        defer { close(file) }
        var hash = SHA256()
        var buffer = [UInt8](repeating: 0, count: 128 << 10)
        while true {
            let count = archive_read_data(archive, &buffer, buffer.count)
            guard count >= 0 else { throw source.error(archive) }
            if count == 0 { return hash.finalHex() }
            buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            var written = 0
            while written < count {
                let step = buffer.withUnsafeBytes { bytes in
                    Glibc.write(file, bytes.baseAddress.map { $0 + written }, count - written)
                }
                if step < 0 && errno == EINTR { continue }
                guard step > 0 else { throw ImageError.store("write \(path): errno \(errno)") }
                written += step
            }
        }
    }
}
