import CommandLineKit
import Glibc
import Linux

/// Makes the tree of the verifier tools on this host, as the caller.
struct VerifierToolsBuilder {
    /// Of the tools' own interpreter, which Debian must have.
    var python: String
    /// nil is what this host's apt knows.
    var mirror: String?
    /// For pip.
    var requirements: [String]

    /// What public task sets install by pip or `uvx --with` in almost every test.sh, and what it needs where the
    /// interpreter of an image is older than the one that downloads.
    static let usual = [
        "pytest==8.4.1", "pytest==8.3.4", "pytest-json-ctrf==0.3.5", "pytest-json-ctrf==0.3.6", "requests==2.32.5",
        "exceptiongroup", "tomli", "typing-extensions",
    ]

    /// The program and what it puts into the tree are part of this one; see `VerifierTools` beside this directory.
    ///
    /// - Returns: where the tree is, in a directory of the caller's.
    func build(in directory: String) throws -> String {
        let program = directory + "/build-tree"
        let tree = directory + "/tree"
        for (name, bytes) in [
            ("build-tree", PackageResources.build_tree), ("apt-get", PackageResources.apt_get),
            ("curl", PackageResources.curl), ("uv-installer", PackageResources.uv_installer),
            ("environment", PackageResources.environment),
        ] {
            try Self.write(bytes, to: "\(directory)/\(name)")
        }
        guard mkdir(tree, 0o755) == 0 else { throw OperationError(cause: "\(tree): \(errorText(errno))") }
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(input) }
        let child = try ChildProgram(
            ["/bin/sh", program, tree],
            environment: [
                "PYTHON": python, "MIRROR": mirror ?? "", "REQUIREMENTS": requirements.joined(separator: "\n"),
                "TMPDIR": directory,
            ],
            input: input,
            output: STDERR_FILENO,
            error: STDERR_FILENO
        )
        guard child.wait() == 0 else { throw OperationError(cause: "the verifier tools could not be made; see above") }
        return tree
    }

    private static func write(_ bytes: [UInt8], to path: String) throws {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        defer { close(file) }
        guard file >= 0, bytes.withUnsafeBytes({ Glibc.write(file, $0.baseAddress, $0.count) }) == bytes.count else {
            throw OperationError(cause: "\(path): \(errorText(errno))")
        }
    }
}
