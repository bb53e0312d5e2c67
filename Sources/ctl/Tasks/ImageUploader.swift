import Client
import CommandLineKit
import Glibc
import Linux
import Tasks
import Wire

/// Gives images to a daemon: archives by their descriptor, directories as a tar stream through a pipe.
struct ImageUploader {
    let connection: Connection
    let showsProgress: Bool

    func upload(_ source: String, name: String?) throws -> ImageImport.Result {
        if source == "-" {
            guard isatty(STDIN_FILENO) == 0 else {
                throw OperationError(
                    cause: "standard input is a terminal",
                    remedy: "give an archive: docker save NAME | …"
                )
            }
            return try send(OwnedDescriptor(adopting: dup(STDIN_FILENO)), bytes: nil, .init(name: name, source: "-"))
        }
        guard let path = FileNames.canonical(source) else {
            throw OperationError(
                cause: "\(source): \(errorText(errno))",
                remedy: "name a directory or an archive; see 'executorctl image import --help'"
            )
        }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard file >= 0, fstat(file, &status) == 0 else { throw OperationError(cause: "\(path): \(errorText(errno))") }
        let owned = OwnedDescriptor(adopting: file)
        switch status.st_mode & S_IFMT {
        case S_IFDIR: return try pack(path, .init(name: name, source: path))
        case S_IFREG: return try send(owned, bytes: status.st_size, .init(name: name, source: path))
        case S_IFIFO: return try send(owned, bytes: nil, .init(name: name, source: path))
        default: throw OperationError(cause: "\(path) is neither a directory nor a file")
        }
    }

    /// Lends the daemon a descriptor; how far it has read shows in the offset, which is shared.
    private func send(
        _ file: consuming OwnedDescriptor,
        bytes: Int?,
        _ params: ImageImport.Params
    ) throws -> ImageImport.Result {
        let pending = try connection.begin(ImageImport.self, params, descriptors: [file.raw])
        let progress = ImageProgress(isShown: showsProgress)
        defer { progress.end() }
        while true {
            var polled = pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&polled, 1, 200) > 0, let result = try connection.finishIfAnswered(pending) { return result }
            if let bytes, bytes > 0 { progress.show(read: Int(lseek(file.raw, 0, SEEK_CUR)), of: bytes) }
        }
    }

    private func pack(_ directory: String, _ params: ImageImport.Params) throws -> ImageImport.Result {
        var pipe = try Pipe()
        guard let readEnd = pipe.readEnd.take(), let writeEnd = pipe.writeEnd.take() else {
            throw OperationError(cause: "a pipe without ends")
        }
        let pending = try connection.begin(ImageImport.self, params, descriptors: [readEnd.raw])
        _ = consume readEnd
        let progress = ImageProgress(isShown: showsProgress)
        defer { progress.end() }
        // A daemon that says no early closes its end: that shall be an error here, not our death.
        let formerly = signal(SIGPIPE, SIG_IGN)
        defer { signal(SIGPIPE, formerly) }
        var skipped = 0
        let packed = Result { () throws(ArchiveError) in
            try RootArchive.pack(directory, to: writeEnd.raw) { state in
                skipped = state.skipped
                progress.show(state)
            }
        }
        // Before the end of the stream: what was cut must not be taken for whole.
        if case .failure(let error) = packed, !error.isOfStream {
            throw OperationError(
                cause: "\(directory): \(error)",
                remedy: "be root to read a whole root file system, or give an archive of it"
            )
        }
        _ = consume writeEnd
        var result = try connection.finish(pending)
        if case .failure(let error) = packed { throw OperationError(cause: "\(directory): \(error)") }
        result.skipped += skipped
        return result
    }
}

/// One line on a terminal that says how far an import is; nothing elsewhere.
private final class ImageProgress {
    private let terminal: Terminal?
    private var isShown = false
    private var last: ContinuousClock.Instant?

    init(isShown: Bool) {
        terminal = isShown && Terminal.error.isTerminal ? .error : nil
    }

    func show(_ packed: RootArchive.Progress) {
        write("\(Figures.count(packed.entries, "entry", "entries")), \(Figures.bytes(Int(packed.bytes)))")
    }

    func show(read: Int, of bytes: Int) {
        let text = "\(Figures.bytes(read)) of \(Figures.bytes(bytes))"
        write(read >= bytes ? "\(text); placing its layers" : text)
    }

    func end() {
        guard isShown else { return }
        terminal?.write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        guard let terminal, last.map({ .now - $0 > .milliseconds(200) }) ?? true else { return }
        last = .now
        isShown = true
        terminal.write("\r\u{1B}[K" + Line("importing: " + text, .dim).cut().render(for: terminal))
    }
}
