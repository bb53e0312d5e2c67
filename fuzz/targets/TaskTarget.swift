import Glibc
import Tasks

/// A task.toml beside the files that a task has.
enum TaskTarget {
    /// In memory, and gone with the program's directory; the fuzzer is one process.
    private static let directory: String = {
        var template = Array("/dev/shm/executord-fuzz-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatal("mkdtemp") }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        for name in ["", "/environment", "/tests", "/solution"] { _ = mkdir(path + name, 0o755) }
        for name in ["/instruction.md", "/tests/test.sh", "/solution/solve.sh", "/environment/Dockerfile"] {
            write(Array("FROM x\n".utf8), to: path + name)
        }
        return path
    }()

    static func run(_ bytes: [UInt8]) {
        write(bytes, to: directory + "/task.toml")
        _ = try? LoadedTask.load(directory: directory)
    }

    private static func write(_ bytes: [UInt8], to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0, Glibc.write(file, bytes, bytes.count) == bytes.count else { fatal("write \(path)") }
        close(file)
    }

    private static func fatal(_ what: String) -> Never {
        print("fuzz: \(what): errno \(errno)")
        exit(2)
    }
}
