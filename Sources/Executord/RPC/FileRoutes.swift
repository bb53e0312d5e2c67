import Reactor
import Sandbox
import SandboxPlan
import Wire

/// `action.*` for files and directories.
struct FileRoutes: Sendable {
    let sessions: SessionRegistry

    /// The most that one reply holds of a file.
    private static let pieceBytes = 512 << 10
    private static let maximumEntries = 10_000

    var routes: [Route] {
        [
            Route(ActionRead.self, descriptors: 0...1, isOrdered: true) { params, caller, passed in
                Answer(try await read(params, caller, try passed.first?.pipe(ActionRead.name)))
            },
            Route(ActionWrite.self, descriptors: 0...1, isOrdered: true) { params, caller, passed in
                Answer(try await write(params, caller, passed))
            },
            Route(ActionList.self, isOrdered: true) { params, caller in try await list(params, caller) },
            Route(ActionStat.self, isOrdered: true) { params, caller in try await status(params, caller) },
            Route(ActionMakeDirectory.self, isOrdered: true) { params, caller in
                try await live(params.session, caller).file(
                    FileAction(.makeDirectory, path: params.path),
                    user: params.user,
                    turn: caller.turn
                ) { sandbox, path, user throws(SandboxError) in
                    try await sandbox.makeDirectory(path, makesParents: true, as: user)
                    return .init(result: Empty())
                }
            },
            Route(ActionRemove.self, isOrdered: true) { params, caller in
                try await live(params.session, caller).file(
                    FileAction(.remove, path: params.path, recursive: params.recursive),
                    user: params.user,
                    turn: caller.turn
                ) { sandbox, path, user throws(SandboxError) in
                    try await sandbox.remove(path, isRecursive: params.recursive ?? false, as: user)
                    return .init(result: Empty())
                }
            },
            Route(ActionUpload.self, descriptors: 1...1, isOrdered: true) { params, caller, passed in
                Answer(try await transfer(.upload, params, caller, passed))
            },
            Route(ActionDownload.self, descriptors: 1...1, isOrdered: true) { params, caller, passed in
                Answer(try await transfer(.download, params, caller, passed))
            },
        ]
    }

    private func live(_ token: String?, _ caller: Caller) throws(WireError) -> LiveSession {
        try sessions.session(token, for: caller)
    }

    private func read(
        _ params: ActionRead.Params,
        _ caller: Caller,
        _ sink: SharedDescriptor?
    ) async throws -> ActionRead.Result {
        let offset = params.offset ?? 0
        guard offset >= 0, (params.length ?? 0) >= 0 else {
            throw WireError(.invalidParams, "action.read: offset and length cannot be below 0")
        }
        return try await live(params.session, caller).file(
            FileAction(.read, path: params.path),
            user: params.user,
            turn: caller.turn
        ) { sandbox, path, user throws(SandboxError) in
            if let raw = sink?.raw {
                let size = try await sandbox.copyFile(path, to: raw, as: user)
                return .init(result: ActionRead.Result(content: nil, size: Int(clamping: size), nextOffset: nil))
            }
            let limit = min(params.length ?? Self.pieceBytes, Self.pieceBytes)
            let (bytes, size) = try await sandbox.readFile(path, offset: UInt64(offset), limit: limit, as: user)
            let next = offset + bytes.count
            let result = ActionRead.Result(
                content: ByteContent(bytes),
                size: Int(clamping: size),
                nextOffset: !bytes.isEmpty && UInt64(next) < size ? next : nil
            )
            return .init(result: result, output: bytes)
        }
    }

    private func write(
        _ params: ActionWrite.Params,
        _ caller: Caller,
        _ passed: [SharedDescriptor]
    ) async throws -> ActionWrite.Result {
        guard (params.content == nil) != passed.isEmpty else {
            throw WireError(.invalidParams, "action.write: give one of 'text', 'base64' and a descriptor")
        }
        guard params.append != true || params.exclusive != true else {
            throw WireError(.invalidParams, "action.write: 'append' and 'exclusive' exclude each other")
        }
        guard let mode = UInt32(params.mode ?? "644", radix: 8), mode <= 0o777 else {
            throw WireError(.invalidParams, "action.write: mode is not octal", remedy: "for example \"755\"")
        }
        let how: WriteManner = params.append == true ? .append : params.exclusive == true ? .exclusive : .truncate
        let source = try passed.first?.pipe(ActionWrite.name)
        return try await live(params.session, caller).file(
            FileAction(.write, path: params.path, content: params.content, append: params.append, mode: params.mode),
            user: params.user,
            turn: caller.turn
        ) { sandbox, path, user throws(SandboxError) in
            if let bytes = params.content?.bytes {
                try await sandbox.writeFile(path, bytes, mode: mode, how: how, makesParents: true, as: user)
                return .init(result: ActionWrite.Result(size: bytes.count))
            }
            guard let raw = source?.raw else { throw .protocolBroken("no descriptor") }
            let count = try await sandbox.writeFile(path, from: raw, mode: mode, how: how, makesParents: true, as: user)
            return .init(result: ActionWrite.Result(size: Int(clamping: count)))
        }
    }

    private func list(_ params: FilePath, _ caller: Caller) async throws -> ActionList.Result {
        try await live(params.session, caller).file(
            FileAction(.list, path: params.path),
            user: params.user,
            turn: caller.turn
        ) { sandbox, path, user throws(SandboxError) in
            let (entries, isComplete) = try await sandbox.list(path, limit: Self.maximumEntries, as: user)
            guard isComplete else {
                throw .tooLarge(path: path, "it has more than \(Self.maximumEntries) entries: use action.exec")
            }
            let names = entries.map { "\($0.name)\n" }.joined()
            let result = ActionList.Result(entries: entries.map { FileEntry($0.status, name: "\($0.name)") })
            return .init(result: result, output: Array(names.utf8))
        }
    }

    private func transfer(
        _ tool: FileAction.Tool,
        _ params: FilePath,
        _ caller: Caller,
        _ passed: [SharedDescriptor]
    ) async throws -> TreeCount {
        guard let stream = try passed.first?.pipe("action.\(tool.rawValue)"), let raw = stream.raw else {
            throw WireError(.invalidParams, "action.\(tool.rawValue): pass one end of a pipe with the frame")
        }
        defer { _ = stream.take() }
        return try await live(params.session, caller).file(
            FileAction(tool, path: params.path),
            user: params.user,
            turn: caller.turn
        ) { sandbox, path, user throws(SandboxError) in
            let count =
                tool == .upload
                ? try await sandbox.upload(tarFrom: raw, to: path, as: user)
                : try await sandbox.download(path, tarTo: raw, as: user)
            return .init(
                result: TreeCount(entries: count.entries, bytes: Int(clamping: count.bytes), skipped: count.skipped)
            )
        }
    }

    private func status(_ params: ActionStat.Params, _ caller: Caller) async throws -> FileEntry {
        try await live(params.session, caller).file(
            FileAction(.stat, path: params.path),
            user: params.user,
            turn: caller.turn
        ) { sandbox, path, user throws(SandboxError) in
            let status = try await sandbox.status(path, followsLinks: params.follow ?? true, as: user)
            let name = params.path.split(separator: "/").last.map(String.init) ?? "/"
            return .init(result: FileEntry(status, name: name))
        }
    }
}

extension FileEntry {
    init(_ status: FileStatus, name: String) {
        let kind: FileEntry.Kind =
            switch status.kind {
            case .file: .file
            case .directory: .directory
            case .symlink: .symlink
            case .fifo, .socket, .device: .other
            }
        self.init(
            name: name,
            kind: kind,
            size: Int(clamping: status.size),
            mode: String(status.mode, radix: 8),
            modifiedAt: Timestamp(milliseconds: status.modified.multipliedReportingOverflow(by: 1000).partialValue),
            target: status.target.map { "\($0)" }
        )
    }
}
