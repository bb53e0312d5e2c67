import FoundationEssentials
import Glibc
import Images
import Linux
import Reactor
import Sandbox
import SandboxPlan
import Tasks
import Wire

/// Carries out COPY and ADD: what is in the context, an earlier stage or an image becomes a tar stream that is placed in
/// the sandbox.
struct BuildCopying: Sendable {
    let services: TrialServices
    let sandbox: RunningSandbox
    let context: BuildContext
    let origins: [Dockerfile.Origin: HeldImage]
    /// A directory for what is on its way, and is removed.
    let scratch: String

    func carry(_ copy: Dockerfile.Copy, to destination: String) async throws {
        let owner = try await owner(copy.owner)
        let path = try await withoutLinks(destination)
        let found = try? await sandbox.status(SandboxPath(path), as: BuildSteps.root)
        let written = copy.destination
        let target = CopyArchive.Target(
            path: path,
            isDirectory: written.hasSuffix("/") || written.hasSuffix("/.") || written == "."
                || found?.kind == .directory,
            uid: owner.uid,
            gid: owner.gid
        )
        let spool = try spool()
        guard let raw = spool.raw else { return }
        if let origin = copy.origin {
            let parts = try await read(copy, of: origin)
            try await onOwnThread { try CopyArchive.write(parts.map(\.part), of: copy, as: target, to: raw) }
            withExtendedLifetime(parts) {}
        } else {
            try await onOwnThread { try context.pack(copy, as: target, to: raw) }
        }
        try await place(raw)
        withExtendedLifetime(spool) {}
    }

    private func place(_ stream: CInt) async throws {
        lseek(stream, 0, SEEK_SET)
        let interruption = try Interruption()
        try await withTaskCancellationHandler {
            _ = try await sandbox.placeLayer(
                InterruptibleStream(source: stream, interruption: interruption),
                as: .rootFileSystem,
                at: "/",
                interruption: interruption
            )
        } onCancel: {
            interruption.stop()
        }
    }

    /// A file without a name.
    private func spool() throws -> SharedDescriptor {
        let path = "\(scratch)/build-\(UUID().uuidString)"
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw WireError(.storageFailed, "create \(path): errno \(errno)") }
        unlink(path)
        return SharedDescriptor(adopting: OwnedDescriptor(adopting: file))
    }

    // MARK: Where to, and whose

    /// The same place with links of the image followed, which archives are not placed through; what is not there stays.
    private func withoutLinks(_ path: String) async throws -> String {
        var rest = Array(path.split(separator: "/").map(String.init).reversed())
        var (names, links) = ([String](), 0)
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                _ = names.popLast()
                continue
            }
            let next = "/" + (names + [name]).joined(separator: "/")
            let status = try? await sandbox.status(SandboxPath(next), followsLinks: false, as: BuildSteps.root)
            guard let lead = status?.target else {
                names.append(name)
                continue
            }
            links += 1
            guard links <= 40 else {
                throw ArchiveError.file(path: path, call: "COPY", reason: "its links go in a circle")
            }
            let text = String(decoding: lead.bytes, as: UTF8.self)
            if text.hasPrefix("/") { names = [] }
            rest += text.split(separator: "/").map(String.init).reversed()
        }
        return "/" + names.joined(separator: "/")
    }

    /// The ids that `--chown` means, by the image's own accounts; one without a group has the group of the same number.
    private func owner(_ text: String?) async throws -> (uid: UInt32, gid: UInt32) {
        let words = (text ?? "0").split(separator: ":", maxSplits: 1).map(String.init)
        guard let user = words.first else { throw Self.unknown(text ?? "") }
        let uid = try await id(user, in: "/etc/passwd")
        return (uid, words.count > 1 ? try await id(words[1], in: "/etc/group") : uid)
    }

    /// A number, or the third field of a name's line; see passwd(5), group(5).
    private func id(_ name: String, in file: String) async throws -> UInt32 {
        if let number = UInt32(name) { return number }
        let read = try? await sandbox.readFile(SandboxPath(file), limit: 1 << 20, as: BuildSteps.root)
        let lines = String(decoding: read?.bytes ?? [], as: UTF8.self).split(separator: "\n")
        let line = lines.map { $0.split(separator: ":", omittingEmptySubsequences: false) }.first {
            $0.first == name[...]
        }
        guard let line, line.count > 2, let number = UInt32(line[2]) else {
            throw ArchiveError.file(path: name, call: "--chown", reason: "\(file) of the image has no such name")
        }
        return number
    }

    private static func unknown(_ text: String) -> ArchiveError {
        .file(path: text, call: "--chown", reason: "it names nobody")
    }

    // MARK: From other images

    /// A part, with the file that it lies in.
    private struct Spooled: Sendable {
        let part: CopyArchive.Part
        let file: SharedDescriptor
    }

    private func read(_ copy: Dockerfile.Copy, of origin: Dockerfile.Origin) async throws -> [Spooled] {
        guard let held = origins[origin] else {
            throw WireError(.internalError, "what --from names is not there")
        }
        return try await services.reading(held.image) { source in
            var parts: [Spooled] = []
            for pattern in copy.sources {
                for path in try await find(pattern, in: source) { parts.append(try await spool(path, of: source)) }
            }
            return parts
        }
    }

    private func spool(_ path: String, of source: RunningSandbox) async throws -> Spooled {
        let status = try await source.status(SandboxPath(path), as: BuildSteps.root)
        let file = try spool()
        guard let raw = file.raw else { throw SandboxError.cancelled }
        try await source.download(SandboxPath(path), tarTo: raw, as: BuildSteps.root, limits: .image)
        lseek(raw, 0, SEEK_SET)
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let part = CopyArchive.Part(descriptor: raw, name: name, isDirectory: status.kind == .directory)
        return Spooled(part: part, file: file)
    }

    /// Absolute paths that fit a pattern, of which each part is one for itself; at least one.
    private func find(_ pattern: String, in source: RunningSandbox) async throws -> [String] {
        var found = [""]
        for part in pattern.split(separator: "/") where part != "." {
            guard part.contains(where: { "*?[\\".contains($0) }) else {
                found = found.map { $0 + "/" + part }
                continue
            }
            var next: [String] = []
            for parent in found {
                let directory = SandboxPath(parent.isEmpty ? "/" : parent)
                let names = try? await source.list(directory, limit: 1_000_000, as: BuildSteps.root).entries
                for entry in names ?? [] {
                    let name = String(decoding: entry.name.bytes, as: UTF8.self)
                    if CopyArchive.fits(name, part) { next.append(parent + "/" + name) }
                }
            }
            found = next
        }
        guard !found.isEmpty else {
            throw ArchiveError.file(
                path: pattern,
                call: "COPY",
                reason: "there is nothing of that name in what --from names"
            )
        }
        return found.map { $0.isEmpty ? "/" : $0 }
    }
}

extension TrialServices {
    /// A sandbox on an image in which nothing runs, to read files out of it.
    func reading<R: Sendable>(_ image: Image, _ body: (RunningSandbox) async throws -> R) async throws -> R {
        let identity = try host.takeIdentity(for: image)
        defer { host.identities.giveBack(identity) }
        let layer = try await host.makeLayer(for: identity, kind: .memory, bytes: 1 << 20, inodes: 1024)
        let outcome: Result<R, any Error>
        do {
            let sandbox = try await host.launch(
                SandboxPolicy(image: image, identity: identity, layer: layer.name),
                group: nil
            )
            do { outcome = .success(try await body(sandbox)) } catch { outcome = .failure(error) }
            await sandbox.destroy()
        } catch {
            outcome = .failure(error)
        }
        try await host.removeLayer(layer)
        return try outcome.get()
    }
}
