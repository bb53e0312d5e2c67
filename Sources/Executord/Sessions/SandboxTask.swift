import FoundationEssentials
import Tasks
import Wire

/// A sandbox without a task, as a task: it has limits and an environment, and nothing to do or to verify.
struct SandboxTask: Sendable {
    let request: SandboxRequest

    var name: String { request.name ?? "sandbox" }

    /// What stands for `--image`: the host's programs, a directory, or nothing, for a name that aliases may translate.
    var override: String? {
        guard let image = request.image else { return "host" }
        return image == "host" || image.hasPrefix("dir:") ? image : nil
    }

    /// Values of the environment: as templates they are neither stored nor exported.
    var templates: [String: String] {
        Dictionary(uniqueKeysWithValues: (request.environment ?? [:]).map { (Self.variable($0.key), $0.value) })
    }

    private static func variable(_ name: String) -> String { "EXECUTORD_VALUE_\(name)" }

    /// The task's files by path.
    func files() throws(WireError) -> [String: String] {
        try check()
        var environment: [String] = []
        if let image = request.image, image != override { environment.append("docker_image = \(quoted(image))") }
        if let bytes = request.memoryBytes { environment.append("memory_mb = \(max(1, bytes >> 20))") }
        if let bytes = request.storageBytes { environment.append("storage_mb = \(max(1, bytes >> 20))") }
        if let cpus = request.cpus { environment.append("cpus = \(cpus)") }
        if let directory = request.workingDirectory { environment.append("workdir = \(quoted(directory))") }
        environment.append("network_mode = \(quoted((request.network ?? .closed).rawValue))")
        if let hosts = request.allowedHosts, request.network == .allowlist {
            environment.append("allowed_hosts = [\(hosts.map(quoted).joined(separator: ", "))]")
        }
        var agent: [String] = []
        if let seconds = request.timeoutSeconds { agent.append("timeout_sec = \(seconds)") }
        if let user = request.user { agent.append("user = \(quoted(user))") }
        let variables = (request.environment ?? [:]).keys.sorted().map {
            "\(quoted($0)) = \(quoted("${\(Self.variable($0))}"))"
        }
        let sections: [(String, [String])] = [
            ("task", ["name = \(quoted("executord/" + name))"]), ("environment", environment),
            ("environment.env", variables), ("agent", agent),
        ]
        let text = sections.filter { !$0.1.isEmpty }.map { "[\($0.0)]\n" + $0.1.joined(separator: "\n") + "\n" }
        return [
            "task.toml": "schema_version = \"1.4\"\n\n" + text.joined(separator: "\n"),
            "instruction.md": "A sandbox without a task: nothing is verified.\n",
            "tests/test.sh": "#!/bin/sh\n# Never run: verifier mode none.\nexit 1\n",
        ]
    }

    private func check() throws(WireError) {
        try SubmissionRules.checkHosts(request.allowedHosts, request.network, "sandbox.allowedHosts")
        let isPlain =
            name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
                    || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")].contains(byte)
            }
        guard isPlain, !name.isEmpty, !name.hasPrefix(".") else {
            throw WireError(
                .invalidParams,
                "sandbox.name is not a name",
                remedy: "up to 64 letters, digits, '-', '_', '.'"
            )
        }
        for (key, value) in [
            ("memoryBytes", request.memoryBytes), ("storageBytes", request.storageBytes),
        ] {
            guard let value, value <= 0 else { continue }
            throw WireError(.invalidParams, "sandbox.\(key) is \(value)", remedy: "a number above 0")
        }
        for name in (request.environment ?? [:]).keys {
            let isName =
                !name.isEmpty
                && name.utf8.enumerated().allSatisfy { index, byte in
                    byte == UInt8(ascii: "_") || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                        || (index > 0 && UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte)
                }
            guard isName else {
                throw WireError(.invalidParams, "sandbox.environment: '\(name)' is not the name of a variable")
            }
        }
    }

    /// A TOML basic string: JSON's escapes are among its own.
    private func quoted(_ text: String) -> String {
        guard let bytes = try? WireJSON.encode(text) else { return "\"\"" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
