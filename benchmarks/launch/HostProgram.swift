import Glibc

/// A program of the host that is run to its end, as a caller without a shell would.
struct HostProgram: Sendable {
    let arguments: [String]
    /// Inherited under the same number.
    var inherited: [CInt] = []

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts it; nothing is waited for.
    ///
    /// `input` and `output` are descriptors of ours, instead of /dev/null.
    func start(input: CInt? = nil, output: CInt? = nil) throws(Failure) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        if let input { posix_spawn_file_actions_adddup2(&actions, input, 0) }
        if let output { posix_spawn_file_actions_adddup2(&actions, output, 1) }
        // Onto itself frees it of close-on-exec (glibc 2.29).
        for descriptor in inherited { posix_spawn_file_actions_adddup2(&actions, descriptor, descriptor) }
        let words = arguments.map { strdup($0) } + [nil]
        let variables = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
        defer { for pointer in words + variables { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, arguments[0], &actions, nil, words, variables)
        guard code == 0 else { throw Failure(description: "\(arguments[0]): \(String(cString: strerror(code)))") }
        return child
    }

    /// Runs it and expects success.
    func run() throws(Failure) {
        let child = try start()
        var status: CInt = 0
        guard waitpid(child, &status, 0) == child, status == 0 else {
            throw Failure(description: "\(arguments.joined(separator: " ")): status \(status)")
        }
    }

    static func isThere(_ name: String) -> Bool {
        ["/usr/bin/", "/bin/", "/usr/sbin/"].contains { access($0 + name, X_OK) == 0 }
    }
}
