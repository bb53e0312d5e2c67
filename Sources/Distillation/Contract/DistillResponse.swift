/// What a distiller proposes; nothing of it is in force before the gate has let it through.
///
/// Keys that nobody knows are ignored here, and refused in the parts that say what a proposal may do.
package struct DistillResponse: Codable, Sendable, Hashable {
    /// The value of `schema`.
    package static let schema = "executord.distill.response/1"

    package var schema: String
    package var requestID: String
    package var plugin: Plugin
    package var usage: Usage
    package var proposals: [Proposal]
    package var notes: [Note]

    enum CodingKeys: String, CodingKey {
        case schema, plugin, usage, proposals, notes
        case requestID = "request_id"
    }

    package init(
        schema: String,
        requestID: String,
        plugin: Plugin,
        usage: Usage = Usage(),
        proposals: [Proposal],
        notes: [Note] = []
    ) {
        self.schema = schema
        self.requestID = requestID
        self.plugin = plugin
        self.usage = usage
        self.proposals = proposals
        self.notes = notes
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        try decoder.requireSchema(Self.schema, in: members, forKey: .schema)
        schema = try members.decode(String.self, forKey: .schema)
        requestID = try members.decode(String.self, forKey: .requestID)
        plugin = try members.decode(Plugin.self, forKey: .plugin)
        usage = try members.decodeIfPresent(Usage.self, forKey: .usage) ?? Usage()
        proposals = try members.decode([Proposal].self, forKey: .proposals)
        notes = try members.decodeIfPresent([Note].self, forKey: .notes) ?? []
    }
}

extension DistillResponse {
    /// Who answered.
    package struct Plugin: Codable, Sendable, Hashable {
        package var name: String
        package var version: String
        package var digest: String?
        package var deterministic: Bool

        enum CodingKeys: String, CodingKey {
            case name, version, digest, deterministic
        }

        package init(name: String, version: String, digest: String? = nil, deterministic: Bool = false) {
            self.name = name
            self.version = version
            self.digest = digest
            self.deterministic = deterministic
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            name = try members.decode(String.self, forKey: .name)
            version = try members.decode(String.self, forKey: .version)
            digest = try members.decodeIfPresent(String.self, forKey: .digest)
            deterministic = try members.decodeIfPresent(Bool.self, forKey: .deterministic) ?? false
        }
    }

    /// What the distillation took.
    package struct Usage: Codable, Sendable, Hashable {
        package var wallMilliseconds: Int
        package var modelCalls: Int
        package var tokensIn: Int
        package var tokensOut: Int
        /// Runs that the host was asked to repeat.
        package var replays: Int

        enum CodingKeys: String, CodingKey {
            case replays
            case wallMilliseconds = "wall_ms"
            case modelCalls = "model_calls"
            case tokensIn = "tokens_in"
            case tokensOut = "tokens_out"
        }

        package init(
            wallMilliseconds: Int = 0,
            modelCalls: Int = 0,
            tokensIn: Int = 0,
            tokensOut: Int = 0,
            replays: Int = 0
        ) {
            self.wallMilliseconds = wallMilliseconds
            self.modelCalls = modelCalls
            self.tokensIn = tokensIn
            self.tokensOut = tokensOut
            self.replays = replays
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            wallMilliseconds = try members.decodeIfPresent(Int.self, forKey: .wallMilliseconds) ?? 0
            modelCalls = try members.decodeIfPresent(Int.self, forKey: .modelCalls) ?? 0
            tokensIn = try members.decodeIfPresent(Int.self, forKey: .tokensIn) ?? 0
            tokensOut = try members.decodeIfPresent(Int.self, forKey: .tokensOut) ?? 0
            replays = try members.decodeIfPresent(Int.self, forKey: .replays) ?? 0
        }
    }

    /// Something to tell people.
    package struct Note: Codable, Sendable, Hashable {
        package var level: NoteLevel
        package var text: String

        enum CodingKeys: String, CodingKey {
            case level, text
        }

        package init(level: NoteLevel = .info, text: String) {
            self.level = level
            self.text = text
        }

        package init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: CodingKeys.self)
            level = try members.decodeIfPresent(NoteLevel.self, forKey: .level) ?? .info
            text = try members.decode(String.self, forKey: .text)
        }
    }

    /// How much a note matters.
    package enum NoteLevel: String, Codable, Sendable, Hashable, CaseIterable {
        case info
        case warning
        case error
    }
}
