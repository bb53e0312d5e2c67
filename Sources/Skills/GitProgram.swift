import Glibc

/// Runs the `git` of this host in one repository, with nobody's settings.
struct GitProgram {
    let directory: String

    /// Runs to the end; `input` is a file for standard input.
    func run(_ arguments: [String], input: String = "/dev/null") throws(SkillLibraryError) {
        let (output, all) = (directory + "/.git/executord-output", ["git", "-C", directory] + arguments)
        defer { unlink(output) }
        let status = try spawn(all, input: input, output: arguments.first == "init" ? "/dev/null" : output)
        guard status == 0 else { throw .git(arguments: arguments, status: status, output: Self.firstLine(of: output)) }
    }

    /// Nothing of the caller's, so that equal libraries make equal repositories.
    private static let environment: [String] = [
        "PATH=" + (getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"), "HOME=/nonexistent",
        "LC_ALL=C", "TZ=UTC", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
    ]

    private func spawn(_ arguments: [String], input: String, output: String) throws(SkillLibraryError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // A thread of a dispatch queue has most signals blocked, and children inherit that.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var child = pid_t()
        let code = CStrings.with(arguments) { arguments in
            CStrings.with(Self.environment) { posix_spawnp(&child, "git", &actions, &attributes, arguments, $0) }
        }
        guard code == 0 else {
            throw .git(arguments: arguments, status: code, output: String(cString: strerror(code)))
        }
        var status: CInt = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + status & 0x7f
    }

    private static func firstLine(of path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 500)
        let count = max(0, read(descriptor, &buffer, buffer.count))
        return PrintableText.shown(String(decoding: buffer[..<count].prefix { $0 != 0x0a }, as: UTF8.self), limit: 300)
    }
}

/// Arrays of C strings that end in a null pointer.
private enum CStrings {
    static func with<T>(_ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T) -> T {
        let pointers = texts.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers)
    }
}
