import CLinux
import CommandLineKit
import Glibc
import Linux

/// Shows what changed: a line for each name, then what diff(1) says about each file.
struct TreeDiff {
    let changes: TreeChanges
    let terminal: Terminal
    private static let program = "/usr/bin/diff"

    func show() throws {
        let differences = try changes.differences()
        if differences.isEmpty { terminal.write("no changes\n") }
        for difference in differences { terminal.write("\(difference.letter) \(difference.name.text)\n") }
        for difference in differences { try compare(difference) }
    }

    /// Both files are opened without following links and given to diff as descriptors 3 and 4.
    private func compare(_ difference: TreeChanges.Difference) throws {
        let old = difference.letter == "A" ? nil : Self.regularFile(difference.name, in: changes.work)
        let new = difference.letter == "D" ? nil : Self.regularFile(difference.name, in: changes.tree)
        guard old != nil || new != nil else { return }
        let empty = OwnedDescriptor(adopting: try syscall("open /dev/null") { open("/dev/null", O_RDONLY | O_CLOEXEC) })
        let left = old?.raw ?? empty.raw
        let right = new?.raw ?? empty.raw
        let name = difference.name.text
        let labels = [old == nil ? "/dev/null" : "a/\(name)", new == nil ? "/dev/null" : "b/\(name)"]
        let words = [Self.program, "-u", "--label", labels[0], "--label", labels[1], "/dev/fd/3", "/dev/fd/4"]
        terminal.writeUntrusted(try Self.output(of: words, left, right))
    }

    private static func regularFile(_ name: TreeName, in directory: String) -> SharedFile? {
        guard let last = name.components.last, let parent = try? TreeChanges.open(name, from: directory),
            let status = parent.status(last), FileKind(status) == .file, let file = try? parent.file(last)
        else { return nil }
        return SharedFile(file)
    }

    /// A file that can be held in an optional and read through `raw`.
    private final class SharedFile {
        private let descriptor: OwnedDescriptor
        var raw: CInt { descriptor.raw }

        init(_ descriptor: consuming OwnedDescriptor) {
            self.descriptor = descriptor
        }
    }

    private static func output(of words: [String], _ left: CInt, _ right: CInt) throws -> [UInt8] {
        var pipe = try Pipe()
        guard let readEnd = pipe.readEnd.take(), let writeEnd = pipe.writeEnd.take() else { return [] }
        let arguments = words.map { strdup($0) } + [nil]
        defer { for pointer in arguments { free(pointer) } }
        var child: pid_t = 0
        let code = clinux_spawn(
            &child,
            program,
            arguments,
            [nil],
            [writeEnd.raw, STDERR_FILENO, left, right],
            [1, 2, 3, 4],
            4
        )
        guard code == 0 else {
            throw OperationError(cause: "\(program): \(errorText(code))", remedy: "install the package diffutils")
        }
        _ = consume writeEnd
        var result: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try syscall("read") { read(readEnd.raw, &buffer, buffer.count) }
            if count == 0 { break }
            result += buffer.prefix(count)
        }
        var status: CInt = 0
        try syscall("waitpid") { waitpid(child, &status, 0) }
        return result
    }
}
