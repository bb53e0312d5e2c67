import Documents

/// The keys that the schemas 1.0 to 1.4 define, and what to say about others.
indirect enum KnownKeys: Sendable {
    /// Anything may be under it.
    case value
    /// Still read; the text names what replaces it.
    case deprecated(String)
    case table([String: KnownKeys])
    case list(KnownKeys)

    /// The whole of `task.toml`.
    static let taskFile = KnownKeys.table([
        "schema_version": .value, "version": .deprecated("schema_version"), "source": .value,
        "multi_step_reward_strategy": .value, "artifacts": artifacts, "metadata": .value,
        "task": .table([
            "name": .value, "version": .value, "description": .value, "keywords": .value,
            "authors": .list(.table(["name": .value, "email": .value])),
        ]),
        "agent": agent, "verifier": verifier, "environment": environment,
        "solution": .table(["env": .value]),
        "steps": .list(
            .table([
                "name": .value, "agent": agent, "verifier": verifier, "min_reward": .value,
                "healthcheck": healthcheck, "artifacts": artifacts,
            ])
        ),
    ])

    private static let artifacts = list(
        .table(["source": .value, "destination": .value, "exclude": .value, "service": .value])
    )

    private static let agent = table([
        "timeout_sec": .value, "user": .value, "network_mode": .value, "allowed_hosts": .value,
    ])

    private static let verifier = table([
        "timeout_sec": .value, "env": .value, "user": .value, "network_mode": .value, "allowed_hosts": .value,
        "environment_mode": .value, "environment": environment,
        "collect": .list(.table(["command": .value, "service": .value, "timeout_sec": .value, "user": .value])),
    ])

    private static let healthcheck = table([
        "command": .value, "interval_sec": .value, "timeout_sec": .value, "start_period_sec": .value,
        "start_interval_sec": .value, "retries": .value,
    ])

    private static let environment = table([
        "network_mode": .value, "allowed_hosts": .value, "build_timeout_sec": .value, "docker_image": .value,
        "os": .value, "cpus": .value, "memory_mb": .value, "storage_mb": .value, "gpus": .value, "gpu_types": .value,
        "memory": .deprecated("memory_mb"), "storage": .deprecated("storage_mb"),
        "allow_internet": .deprecated("network_mode"),
        "tpu": .table(["type": .value, "topology": .value]), "env": .value, "skills_dir": .value,
        "mcp_servers": .list(
            .table([
                "name": .value, "transport": .value, "url": .value, "command": .value, "args": .value,
                "headers": .value,
            ])
        ),
        "healthcheck": healthcheck, "workdir": .value,
    ])

    /// What to tell about the keys of `document`, in the order of their paths.
    static func warnings(about document: DocumentValue) -> [TaskWarning] {
        taskFile.warnings(about: document, path: "")
    }

    private func warnings(about value: DocumentValue, path: String) -> [TaskWarning] {
        switch (self, value) {
        case (.list(let element), .list(let values)):
            values.enumerated().flatMap { element.warnings(about: $0.element, path: "\(path)[\($0.offset)]") }
        case (.table(let known), .table(let members)):
            members.keys.sorted().flatMap { key in
                Self.warnings(key: key, value: members[key] ?? .null, known: known, path: path)
            }
        case (.deprecated(let newer), _):
            [TaskWarning(kind: .deprecatedKey, message: "task.toml: \(path) is an older spelling; use \(newer)")]
        case (.value, _), (.table, _), (.list, _): []
        }
    }

    private static func warnings(
        key: String,
        value: DocumentValue,
        known: [String: KnownKeys],
        path: String
    ) -> [TaskWarning] {
        let full = path.isEmpty ? key : "\(path).\(key)"
        if let shape = known[key] { return shape.warnings(about: value, path: full) }
        var message = "task.toml: \(full) is not a key that tasks have, and is ignored"
        if let nearest = EditDistance.nearest(to: key, in: Array(known.keys)) {
            message += "; did you mean '\(nearest)'?"
        } else if let table = tableThatHas(key) {
            message += "; it belongs into [\(table)]"
        }
        return [TaskWarning(kind: .unknownKey, message: message)]
    }

    /// The first table at the top level that knows `key`.
    private static func tableThatHas(_ key: String) -> String? {
        guard case .table(let root) = taskFile else { return nil }
        return root.keys.sorted().first { name in
            if case .table(let members)? = root[name] { members[key] != nil } else { false }
        }
    }
}
