import Glibc

/// A socket where a daemon may listen.
package struct DaemonLocation: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        /// Named by `--socket` or `EXECUTORD_SOCKET`.
        case named
        /// The host's service.
        case system
        /// The person's own service.
        case user
        /// In the state directory, of a daemon that a client started.
        case embedded
    }
    package var kind: Kind
    package var path: String

    /// Where to look, best first.
    ///
    /// A named socket is the only place. With `EXECUTORD_STATE` that directory's own socket is: who names a state
    /// means its daemon.
    package static func candidates(
        socket: String?,
        environment: (String) -> String?
    ) -> [DaemonLocation] {
        if let path = socket ?? environment("EXECUTORD_SOCKET"), !path.isEmpty {
            return [DaemonLocation(kind: .named, path: path)]
        }
        let embedded = StateDirectory(environment: environment).map {
            DaemonLocation(kind: .embedded, path: $0.socketPath)
        }
        if let state = environment("EXECUTORD_STATE"), !state.isEmpty { return embedded.map { [$0] } ?? [] }
        var places = [DaemonLocation(kind: .system, path: "/run/executord/executord.sock")]
        if let runtime = environment("XDG_RUNTIME_DIR"), runtime.hasPrefix("/") {
            places.append(DaemonLocation(kind: .user, path: runtime + "/executord/executord.sock"))
        }
        if let embedded { places.append(embedded) }
        return places
    }
}

/// Where an embedded daemon keeps what it stores.
package struct StateDirectory: Sendable, Equatable {
    package let path: String

    /// `$EXECUTORD_STATE`, `$XDG_STATE_HOME/executord` or `~/.local/state/executord`; nil when none of them is set.
    package init?(environment: (String) -> String?) {
        if let path = environment("EXECUTORD_STATE"), !path.isEmpty {
            self.path = Self.absolute(path)
        } else if let base = environment("XDG_STATE_HOME"), base.hasPrefix("/") {
            path = base + "/executord"
        } else if let home = environment("HOME"), home.hasPrefix("/") {
            path = home + "/.local/state/executord"
        } else {
            return nil
        }
    }

    package var socketPath: String { path + "/executord.sock" }
    /// What an embedded daemon prints.
    package var logPath: String { path + "/executord.log" }

    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let here = getcwd(nil, 0) else { return path }
        defer { free(here) }
        return String(cString: here) + "/" + path
    }
}
