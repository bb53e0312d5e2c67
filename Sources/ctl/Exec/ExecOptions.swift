import CommandLineKit
import Glibc
import Wire

/// What `exec` was asked.
struct ExecOptions: SharingOptions {
    var shared = SharedOptions()
    var image: String?
    var work: String?
    var readOnly: [HostBindArgument] = []
    var environment: [EnvironmentArgument] = []
    var limits = LimitsArgument()
    var profile = SandboxProfile.default
    var asText = false
    var diff = false
    var apply = false
    var allowUnenforced = false
    var network: NetworkKind?
    var allowedHosts: [String] = []
    var command: [String] = []

    /// The call; paths are made absolute, because the daemon's own directory is another.
    func params() throws -> SandboxExec.Params {
        guard !(diff && apply) else { throw UsageError("--diff and --apply exclude each other") }
        guard work != nil || !(diff || apply) else { throw UsageError("--diff and --apply need --work DIR") }
        guard allowedHosts.isEmpty || network ?? .allowlist == .allowlist else {
            throw UsageError("--allow-host is for --network allowlist")
        }
        return SandboxExec.Params(
            argv: command,
            image: image,
            work: try work.map { try Self.existing($0) },
            readOnly: try readOnly.map { .init(host: try Self.existing($0.host), inside: $0.inside) },
            environment: Dictionary(environment.compactMap(\.resolved)) { _, last in last },
            limits: limits.limits,
            profile: profile.rawValue,
            changes: diff || apply,
            allowUnenforced: allowUnenforced,
            network: network ?? (allowedHosts.isEmpty ? nil : .allowlist),
            allowedHosts: allowedHosts.isEmpty ? nil : allowedHosts
        )
    }

    private static func existing(_ path: String) throws -> String {
        guard let canonical = FileNames.canonical(path) else {
            throw OperationError(cause: "\(path): no such file or directory", remedy: nil)
        }
        return canonical
    }
}

/// Confinement profiles; see SECURITY.md.
enum SandboxProfile: String, CaseIterable, ArgumentValue {
    case `default`, root, debug
}

/// `HOST:INSIDE`, or one path for both.
struct HostBindArgument: ArgumentValue {
    var host: String
    var inside: String

    init(argument: String) throws(UsageError) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let host = parts.first, let inside = parts.last, parts.count <= 2, !host.isEmpty else {
            throw UsageError("'\(argument)' is not HOST:INSIDE")
        }
        guard inside.hasPrefix("/") else { throw UsageError("'\(inside)' is not an absolute path inside") }
        self.host = host
        self.inside = inside
    }
}

/// `NAME=VALUE`, or `NAME` for the caller's value.
struct EnvironmentArgument: ArgumentValue {
    var name: String
    var value: String?

    init(argument: String) throws(UsageError) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.first, !name.isEmpty else { throw UsageError("'\(argument)' is not NAME=VALUE") }
        self.name = name
        value = parts.count == 2 ? parts[1] : nil
    }

    /// nil when the caller has no such variable either.
    var resolved: (String, String)? {
        (value ?? Environment[name]).map { (name, $0) }
    }
}
