/// What a command does, without what it does it to: the program, its subcommand, its flags and the kinds of its arguments.
struct CommandSignature: Sendable, Hashable {
    let program: String
    let subcommand: String?
    /// Names, sorted, each once.
    let flags: [String]
    /// Kinds of arguments, sorted, each once.
    let classes: [String]
    /// What it installs, by name.
    let packages: [String]

    /// `git clone`, `pip install`, `sort`.
    var head: String { subcommand.map { "\(program) \($0)" } ?? program }

    /// The whole in one line.
    var text: String { ([head] + flags + classes).joined(separator: " ") }

    /// One for each thing that can be so or otherwise: the head with each flag, kind and package; the head alone when
    /// it has none.
    var features: [String] {
        let details = flags + classes + packages
        return details.isEmpty ? [head] : details.map { "\(head) \($0)" }
    }

    /// Nil for what runs no program: a bare assignment.
    init?(_ command: ShellCommand) {
        guard var program = command.words.first.map({ CommandWrappers.basename($0.text) }), !program.isEmpty else {
            return nil
        }
        var rest = command.words.dropFirst().map(\.text)
        if program.hasPrefix("$") { program = "VAR" }
        if let script = ArgumentClass(command.words[0].text), script.isScript { program = script.text }
        program = Self.synonyms[program] ?? Self.withoutVersion(program)
        if program == "python", rest.first == "-m", rest.count > 1 {
            program = rest[1] == "pip" ? "pip" : "python -m \(rest[1])"
            rest.removeFirst(2)
        } else if program == "uv", rest.first == "pip" {
            program = "pip"
            rest.removeFirst()
        }
        var subcommand: String?
        if Self.withSubcommands.contains(program), let index = Self.subcommandIndex(program, rest) {
            subcommand = rest.remove(at: index)
        }
        self.program = program
        self.subcommand = subcommand
        packages = PackageInstallation.packages(program: program, subcommand: subcommand, arguments: rest)
        let installs = PackageInstallation.isInstallation(program: program, subcommand: subcommand)
        let isCode = program == "python" && rest.contains("-c")
        flags = Set(rest.compactMap { Self.flag($0) }).sorted()
        classes = installs || isCode ? [] : Set(rest.compactMap { ArgumentClass($0)?.text }).sorted()
    }

    /// The name of a flag without its value; letters of a cluster in order.
    private static func flag(_ word: String) -> String? {
        guard word.hasPrefix("-"), word.count > 1, !word.contains(where: \.isWhitespace) else { return nil }
        if word.hasPrefix("--") { return word == "--" ? nil : String(word.prefix { $0 != "=" }) }
        let name = word.dropFirst()
        if name.allSatisfy({ $0.isASCII && $0.isNumber }) { return "-NUM" }
        let letters = name.prefix { $0 != "=" }
        // A cluster of single letters is short; `-name` is one flag.
        return letters.count <= 3 ? "-" + String(letters.sorted()) : "-" + letters
    }

    private static func subcommandIndex(_ program: String, _ words: [String]) -> Int? {
        var skipsValue = false
        for (index, word) in words.enumerated() {
            if skipsValue {
                skipsValue = false
            } else if word.hasPrefix("-") {
                skipsValue = program == "git" && (word == "-C" || word == "-c")
            } else {
                let isPlain = word.utf8.allSatisfy { ($0 | 32) >= 97 && ($0 | 32) <= 122 || $0 == .minus }
                return isPlain && !word.isEmpty ? index : nil
            }
        }
        return nil
    }

    /// `python3.11` is `python`: the versions of a program do the same.
    private static func withoutVersion(_ program: String) -> String {
        let stem = program.prefix { !$0.isNumber }
        let version = program.dropFirst(stem.count)
        let isVersion = version.allSatisfy { $0.isNumber || $0 == "." }
        return isVersion && versioned.contains(String(stem)) ? String(stem) : program
    }

    private static let versioned: Set<String> = ["python", "pip", "ruby", "node", "gcc", "clang", "java"]
    private static let synonyms = ["apt": "apt-get", "nodejs": "node", "gawk": "awk", "mawk": "awk"]
    private static let withSubcommands: Set<String> = [
        "git", "pip", "pipx", "apt-get", "apt-cache", "dpkg", "npm", "npx", "yarn", "pnpm", "cargo", "go", "docker",
        "podman", "uv", "conda", "mamba", "poetry", "systemctl", "kubectl", "helm", "dnf", "yum", "apk", "gh", "brew",
        "gem", "bundle", "mvn", "gradle", "sbt", "dotnet", "swift", "rustup", "terraform", "aws", "gcloud", "trivy",
        "openssl", "ip", "service", "snap",
    ]
}

/// The kind of an argument: a URL, a number, or a path by its extension.
struct ArgumentClass: Sendable, Hashable {
    let text: String

    /// Nil for flags and for words that have no kind.
    init?(_ word: String) {
        let value =
            word.hasPrefix("--") ? word.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init) : word
        guard let value, !value.isEmpty, !value.hasPrefix("-"), !value.contains(where: \.isNewline) else { return nil }
        if value.contains("://") {
            text = "URL"
        } else if value.utf8.allSatisfy({ $0.isDigit || $0 == UInt8(ascii: ".") }),
            value.utf8.contains(where: \.isDigit)
        {
            text = "NUM"
        } else if value.contains(" ") {
            return nil
        } else if let suffix = Self.suffix(of: value) {
            text = "PATH.\(suffix)"
        } else if value.contains("/") || value == "." || value == ".." {
            text = "PATH"
        } else {
            return nil
        }
    }

    var isScript: Bool { ["PATH.py", "PATH.sh", "PATH.pl", "PATH.rb", "PATH.js"].contains(text) }

    /// The extension of a file's name, in small letters.
    static func suffix(of path: String) -> String? {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return nil }
        let suffix = name[name.index(after: dot)...].lowercased()
        let isPlain = suffix.utf8.allSatisfy { $0.isDigit || $0 >= 97 && $0 <= 122 }
        return (1...6).contains(suffix.count) && isPlain && suffix.utf8.contains { !$0.isDigit } ? suffix : nil
    }
}

/// What package managers are asked to install.
enum PackageInstallation {
    static func isInstallation(program: String, subcommand: String?) -> Bool {
        subcommand.map { verbs[program]?.contains($0) ?? false } ?? false
    }

    /// The names, without versions and extras, in small letters where the manager does not distinguish; sorted.
    static func packages(program: String, subcommand: String?, arguments: [String]) -> [String] {
        guard isInstallation(program: program, subcommand: subcommand) else { return [] }
        var names: Set<String> = []
        var skipsValue = false
        for word in arguments {
            if skipsValue {
                skipsValue = false
            } else if word.hasPrefix("-") {
                skipsValue = valued.contains(word)
            } else if ArgumentClass(word)?.text != "URL", !word.contains("/"), !word.contains("$"), word != "." {
                names.insert(name(word, isPython: ["pip", "uv", "conda", "mamba", "pipx", "poetry"].contains(program)))
            }
        }
        return names.filter { !$0.isEmpty }.sorted()
    }

    private static func name(_ word: String, isPython: Bool) -> String {
        let bare = String(word.prefix { !"=<>!~[;@".contains($0) || word.hasPrefix("@") })
        return isPython ? String(bare.lowercased().map { $0 == "_" ? "-" : $0 }) : bare
    }

    private static let verbs: [String: Set<String>] = [
        "pip": ["install"], "pipx": ["install"], "uv": ["add"], "apt-get": ["install"], "npm": ["install", "i", "add"],
        "yarn": ["add"], "pnpm": ["add", "install"], "conda": ["install"], "mamba": ["install"], "poetry": ["add"],
        "cargo": ["add", "install"], "go": ["get", "install"], "gem": ["install"], "apk": ["add"],
        "dnf": ["install"], "yum": ["install"], "brew": ["install"], "snap": ["install"],
    ]

    private static let valued: Set<String> = [
        "-r", "--requirement", "-c", "--constraint", "-t", "--target", "-i", "--index-url", "--extra-index-url",
        "-f", "--find-links", "--prefix", "--root", "-o", "--cache-dir", "--python", "--timeout",
    ]
}
