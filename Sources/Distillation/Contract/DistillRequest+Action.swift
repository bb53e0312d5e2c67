extension DistillRequest {
    /// One request to the sandbox and what came back.
    package struct Action: Codable, Sendable, Hashable {
        package var id: String
        /// Since the run's start.
        package var startMilliseconds: Int
        package var kind: ActionKind
        /// Of `exec`.
        package var argv: [String]?
        /// Of `read`, `write` and `edit`.
        package var path: String?
        /// What was written, or said.
        package var text: String?
        package var cwd: String?
        package var exit: Int?
        package var signal: Int?
        package var milliseconds: Int
        package var stdout: Output?
        package var stderr: Output?
        package var files: FileEffects?
        package var calls: CallEffects?
        /// As `ActionFeatures` has them.
        package var features: [String]?
        /// As `ErrorSignature` has it.
        package var signature: String?

        enum CodingKeys: String, CodingKey {
            case id, kind, argv, path, text, cwd, exit, signal, stdout, stderr, features, signature
            case startMilliseconds = "t_ms"
            case milliseconds = "ms"
            case files = "fs"
            case calls = "sys"
        }

        package init(
            id: String,
            startMilliseconds: Int = 0,
            kind: ActionKind,
            argv: [String]? = nil,
            path: String? = nil,
            text: String? = nil,
            cwd: String? = nil,
            exit: Int? = nil,
            signal: Int? = nil,
            milliseconds: Int = 0,
            stdout: Output? = nil,
            stderr: Output? = nil,
            files: FileEffects? = nil,
            calls: CallEffects? = nil,
            features: [String]? = nil,
            signature: String? = nil
        ) {
            self.id = id
            self.startMilliseconds = startMilliseconds
            self.kind = kind
            self.argv = argv
            self.path = path
            self.text = text
            self.cwd = cwd
            self.exit = exit
            self.signal = signal
            self.milliseconds = milliseconds
            self.stdout = stdout
            self.stderr = stderr
            self.files = files
            self.calls = calls
            self.features = features
            self.signature = signature
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            id = try members.decode(String.self, forKey: .id)
            startMilliseconds = try members.decodeIfPresent(Int.self, forKey: .startMilliseconds) ?? 0
            kind = try members.decode(ActionKind.self, forKey: .kind)
            argv = try members.decodeIfPresent([String].self, forKey: .argv)
            path = try members.decodeIfPresent(String.self, forKey: .path)
            text = try members.decodeIfPresent(String.self, forKey: .text)
            cwd = try members.decodeIfPresent(String.self, forKey: .cwd)
            exit = try members.decodeIfPresent(Int.self, forKey: .exit)
            signal = try members.decodeIfPresent(Int.self, forKey: .signal)
            milliseconds = try members.decodeIfPresent(Int.self, forKey: .milliseconds) ?? 0
            stdout = try members.decodeIfPresent(Output.self, forKey: .stdout)
            stderr = try members.decodeIfPresent(Output.self, forKey: .stderr)
            files = try members.decodeIfPresent(FileEffects.self, forKey: .files)
            calls = try members.decodeIfPresent(CallEffects.self, forKey: .calls)
            features = try members.decodeIfPresent([String].self, forKey: .features)
            signature = try members.decodeIfPresent(String.self, forKey: .signature)
        }
    }

    /// What an action is.
    package enum ActionKind: String, Codable, Sendable, Hashable, CaseIterable {
        case exec
        case read
        case write
        case edit
        case message
    }

    /// Both ends of a stream.
    package struct Output: Codable, Sendable, Hashable {
        package var digest: String?
        package var head: String
        /// Empty when the head is all.
        package var tail: String
        package var bytes: Int

        enum CodingKeys: String, CodingKey {
            case digest, head, tail, bytes
        }

        package init(digest: String? = nil, head: String = "", tail: String = "", bytes: Int = 0) {
            self.digest = digest
            self.head = head
            self.tail = tail
            self.bytes = bytes
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            digest = try members.decodeIfPresent(String.self, forKey: .digest)
            head = try members.decodeIfPresent(String.self, forKey: .head) ?? ""
            tail = try members.decodeIfPresent(String.self, forKey: .tail) ?? ""
            bytes = try members.decodeIfPresent(Int.self, forKey: .bytes) ?? 0
        }
    }

    /// What an action did to files, relative to the working directory where they are in it.
    package struct FileEffects: Codable, Sendable, Hashable {
        package var created: [String]
        package var modified: [String]
        package var deleted: [String]
        package var read: [String]

        enum CodingKeys: String, CodingKey {
            case created, modified, deleted, read
        }

        package init(created: [String] = [], modified: [String] = [], deleted: [String] = [], read: [String] = []) {
            self.created = created
            self.modified = modified
            self.deleted = deleted
            self.read = read
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            created = try members.decodeIfPresent([String].self, forKey: .created) ?? []
            modified = try members.decodeIfPresent([String].self, forKey: .modified) ?? []
            deleted = try members.decodeIfPresent([String].self, forKey: .deleted) ?? []
            read = try members.decodeIfPresent([String].self, forKey: .read) ?? []
        }
    }

    /// What an action asked of the kernel.
    package struct CallEffects: Codable, Sendable, Hashable {
        package var exec: [String]
        package var connect: [String]
        package var denied: [DeniedCall]

        enum CodingKeys: String, CodingKey {
            case exec, connect, denied
        }

        package init(exec: [String] = [], connect: [String] = [], denied: [DeniedCall] = []) {
            self.exec = exec
            self.connect = connect
            self.denied = denied
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            exec = try members.decodeIfPresent([String].self, forKey: .exec) ?? []
            connect = try members.decodeIfPresent([String].self, forKey: .connect) ?? []
            denied = try members.decodeIfPresent([DeniedCall].self, forKey: .denied) ?? []
        }
    }

    /// A system call that the sandbox refused.
    package struct DeniedCall: Codable, Sendable, Hashable {
        package var call: String
        package var argument: String?

        enum CodingKeys: String, CodingKey {
            case call = "syscall"
            case argument = "arg"
        }

        package init(call: String, argument: String? = nil) {
            self.call = call
            self.argument = argument
        }
    }
}
