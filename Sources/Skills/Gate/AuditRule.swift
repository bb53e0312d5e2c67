/// What a skill's text must not ask of an agent, as words to look for.
struct AuditRule: Sendable {
    enum Kind: String, Sendable {
        case network, file, command, injection, dependency, secret, hidden
    }

    /// Where the words count.
    enum Place: Sendable {
        /// In code blocks, and in files that are no Markdown.
        case code
        case anywhere
    }

    let kind: Kind
    let place: Place
    /// What is wrong, for people.
    let meaning: String
    /// The line has one of these, in lower case.
    let signs: [String]
    /// And one of these, where there are any.
    var also: [String] = []

    func applies(to line: String) -> Bool {
        signs.contains { Self.begins($0, in: line) } && (also.isEmpty || also.contains { line.contains($0) })
    }

    /// Whether a line has a sign that is not the end of another word, as `mount ` is of `amount `.
    private static func begins(_ sign: String, in line: String) -> Bool {
        guard line.contains(sign) else { return false }
        guard let first = sign.first, first.isLetter || first == "/" else { return true }
        let pattern = Array(sign.utf8)
        let bytes = Array(line.utf8)
        return ByteSearch.occurrences(of: pattern, in: bytes[...], limit: 100).contains { place in
            guard place > 0 else { return true }
            let before = Character(Unicode.Scalar(bytes[place - 1]))
            return !(before.isLetter || before.isNumber || before == "_" || (first == "/" && "./>}".contains(before)))
        }
    }

    /// Programs and calls that reach for the network: allowed where the skill declares it, and its tier may.
    static let network = AuditRule(
        kind: .network,
        place: .code,
        meaning: "reaches for the network, which it does not declare",
        signs: [
            "curl ", "wget ", "ncat ", "nc -", "telnet ", "ssh ", "scp ", "sftp ", "rsync ", "git clone", "git fetch",
            "git pull", "git push", "pip install", "pip3 install", "-m pip install", "npm install", "npm i ", "npx ",
            "yarn add", "gem install", "cargo install", "go get", "go install", "apt install", "apt-get install",
            "apt update", "apt-get update", "apk add", "dnf install", "yum install", "conda install", "uv add",
            "docker pull", "requests.get", "requests.post", "urllib.request", "urlopen(", "http.client", "httpx.",
            "aiohttp", "socket.socket", "socket.create_connection", "fetch(", "/dev/tcp/", "/dev/udp/", "ftplib",
            "smtplib",
        ]
    )

    /// What no skill may ask for, whatever it declares.
    static let all: [AuditRule] = [
        AuditRule(
            kind: .file,
            place: .anywhere,
            meaning: "names what belongs to the verifier",
            signs: ["/tests/", "/solution/", "/logs/verifier", "reward.txt", "reward.json"]
        ),
        AuditRule(
            kind: .file,
            place: .code,
            meaning: "reaches for credentials",
            signs: [
                ".ssh/", ".aws/", ".netrc", ".gnupg", ".kube/config", ".docker/config", ".git-credentials", ".npmrc",
                ".pypirc", "/etc/shadow", "/proc/self/environ", "/proc/1/environ", "id_rsa", "id_ed25519",
            ]
        ),
        AuditRule(
            kind: .file,
            place: .code,
            meaning: "changes what is run later without being asked",
            signs: [
                ".bashrc", ".profile", ".zshrc", "/etc/profile", "crontab", "/etc/cron", "/etc/ld.so",
                "systemctl enable",
                "/etc/sudoers", "sitecustomize", "usercustomize", ".git/hooks", "/usr/local/bin/", "/etc/passwd",
            ],
            also: [">", "tee ", "cp ", "mv ", "ln ", "install ", "crontab", "enable", "write", "sed -i"]
        ),
        AuditRule(
            kind: .command,
            place: .code,
            meaning: "destroys or takes over more than a task",
            signs: [
                "rm -rf / ", "rm -rf /*", "rm -rf ~", "rm -fr /", "mkfs", "of=/dev/", ":(){", "chmod -r 777 /",
                "shutdown",
                "reboot", "kill -9 -1", "killall", "insmod", "ld_preload=", "setcap ", "chmod u+s", "chmod +s",
                "nsenter ",
                "unshare ", "mount ",
            ]
        ),
        AuditRule(
            kind: .command,
            place: .code,
            meaning: "runs what it hides or fetches",
            signs: ["base64 -d", "base64 --decode", "xxd -r", "curl ", "wget ", "b64decode", "fromhex("],
            also: ["| sh", "|sh", "| bash", "|bash", "| python", "|python", "eval", "exec("]
        ),
        AuditRule(
            kind: .injection,
            place: .anywhere,
            meaning: "talks the agent out of its instructions",
            signs: [
                "ignore previous instructions", "ignore all previous", "ignore the previous",
                "ignore your instructions",
                "ignore all prior", "disregard previous", "disregard the above", "disregard all",
                "forget your instructions",
                "system prompt", "do not tell the user", "don't tell the user", "without telling the user",
                "hide this from",
                "do not mention this", "you are now a", "override your instructions", "developer mode", "jailbreak",
                "<system>", "[system]",
                "exfiltrate", "disable the verifier", "bypass the verifier",
            ]
        ),
        AuditRule(
            kind: .dependency,
            place: .code,
            meaning: "installs from a place of its own",
            signs: [
                "pip install", "pip3 install", "npm install", "npm i ", "gem install", "cargo install", "go install",
            ],
            also: ["git+", "http://", "https://", "--index-url", "--extra-index-url", "--registry", "--trusted-host"]
        ),
        AuditRule(
            kind: .secret,
            place: .anywhere,
            meaning: "has a key or a token in it",
            signs: [
                "-----begin rsa private key", "-----begin openssh private key", "-----begin private key",
                "-----begin ec private key", "-----begin pgp private key", "aws_secret_access_key=", "ghp_", "gho_",
                "github_pat_", "xoxb-", "xoxp-", "glpat-",
            ]
        ),
    ]
}
