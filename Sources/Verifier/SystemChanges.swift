import Wire

/// Tells changes of the system that a verifier runs on from ordinary work, by their paths.
struct SystemChanges {
    /// Whether the image has something at an absolute path.
    let imageHas: (String) -> Bool

    private static let roots = ["/usr", "/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"]
    private static let programs = ["/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"]
    /// Where nothing is executed, loaded or imported from; package installation rewrites indexes there.
    private static let data = [
        "doc", "info", "man", "lintian", "locale", "icons", "fonts", "applications", "mime", "metainfo",
    ].map { "/usr/share/\($0)/" }
    /// Files of /etc that make programs load or run other files, whoever starts them.
    private static let etc = ["/etc/ld.so.preload", "/etc/nsswitch.conf", "/etc/ssl/openssl.cnf"]

    /// A sentence for the evidence; nil for ordinary work.
    func finding(_ change: ChangedPath) -> String? {
        let path = change.path
        if change.kind != .directory {
            if Self.roots.contains(path) { return "replaced the system directory \(path)" }
            if Self.etc.contains(path) || path.hasPrefix("/etc/python3") || path.hasPrefix("/etc/perl/") {
                return "changed \(path), which programs load at start"
            }
        }
        let isEtc = path.hasPrefix("/etc/alternatives/")
        guard isEtc || (Self.isSystem(path) && !Self.data.contains { path.hasPrefix($0) }) else { return nil }
        guard change.kind != .directory else { return nil }
        if imageHas(path) {
            return change.kind == .deleted ? "deleted \(path) of the image" : "replaced \(path) of the image"
        }
        guard change.kind != .deleted, !isEtc else { return nil }
        return shadowedProgram(path) ?? shadowedModule(path)
    }

    /// Bytecode that the image does not have; what replaces the image's own is no ordinary work.
    func isNewBytecode(_ change: ChangedPath) -> Bool {
        Self.isSystem(change.path) && change.path.contains("/__pycache__/") && !imageHas(change.path)
    }

    private static func isSystem(_ path: String) -> Bool {
        roots.contains { $0 != "/etc" && path.hasPrefix($0 + "/") }
    }

    private func shadowedProgram(_ path: String) -> String? {
        guard let directory = Self.programs.first(where: { path.hasPrefix($0) }) else { return nil }
        let name = path.dropFirst(directory.count)
        guard !name.contains("/"), let shadowed = Self.programs.map({ $0 + name }).first(where: imageHas) else {
            return nil
        }
        return "planted \(path), which shadows \(shadowed)"
    }

    // MARK: Python

    /// New files that Python runs by itself, or imports instead of what the image has; see the documentation of the
    /// modules site and sys, `sys.path`.
    private func shadowedModule(_ path: String) -> String? {
        let parts = path.split(separator: "/").map(String.init)
        guard let name = parts.last else { return nil }
        if parts.contains(where: { ["sitecustomize", "usercustomize"].contains(Self.stem($0)) })
            || name.hasSuffix(".pth")
        {
            return "planted \(path), which Python runs at start"
        }
        guard let home = parts.firstIndex(where: { $0.hasPrefix("python3") }), parts[..<home].last == "lib" else {
            return nil
        }
        if name.hasSuffix(".zip"), home == parts.count - 1 {
            return "planted \(path), which Python searches before its standard library"
        }
        let below = parts[(home + 1)...]
        guard let site = below.first, ["dist-packages", "site-packages"].contains(site) else {
            return below.isEmpty ? nil : "planted \(path) in Python's standard library"
        }
        let directory = "/" + parts.dropLast().joined(separator: "/")
        let module = directory + "/" + Self.stem(name) + ".py"
        if imageHas(module) { return "planted \(path), which shadows \(module)" }
        guard below.count > 1 else { return nil }
        let package = Self.stem(below[below.startIndex + 1])
        let own = "/" + parts[...(home + 1)].joined(separator: "/")
        guard !imageHas(own + "/" + package) else { return nil }
        for place in [own, "/usr/lib/python3/dist-packages"] {
            for shadowed in ["\(place)/\(package)", "\(place)/\(package).py"] where imageHas(shadowed) {
                return "planted \(path), which shadows \(shadowed)"
            }
        }
        return nil
    }

    /// The name that a file or directory is imported by.
    private static func stem(_ name: String) -> String {
        String(name.prefix { $0 != "." })
    }
}
