/// A path that is copied out of the sandbox after the agent's phase.
package struct ArtifactDeclaration: Sendable, Hashable, Decodable {
    /// Path inside the sandbox, without `..`.
    package let source: String
    /// Path under the trial's `artifacts/`; nil mirrors the source's absolute path.
    package let destination: String?
    /// tar's `--exclude` patterns, for directories.
    package let exclude: [String]
    /// Compose service; nil is the agent's own container.
    package let service: String?

    /// Where agents publish without a declaration; always collected.
    package static let convention = ArtifactDeclaration(source: "/logs/artifacts")

    private enum CodingKeys: String, CodingKey {
        case source, destination, exclude, service
    }

    package init(source: String, destination: String? = nil, exclude: [String] = [], service: String? = nil) {
        self.source = source
        self.destination = destination
        self.exclude = exclude
        self.service = service
    }

    package init(from decoder: any Decoder) throws {
        if let container = try? decoder.singleValueContainer(), let source = try? container.decode(String.self) {
            self.source = source
            (destination, exclude, service) = (nil, [], nil)
            if let problem = Self.problem(source: source, destination: nil) {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: problem)
            }
            return
        }
        let table = try decoder.container(keyedBy: CodingKeys.self)
        source = try table.decode(String.self, forKey: .source)
        destination = try table.plainText(.destination)
        exclude = try table.decodeIfPresent([String].self, forKey: .exclude) ?? []
        let service = try table.plainText(.service)
        self.service = service == "main" ? nil : service
        if let problem = Self.problem(source: source, destination: destination) {
            throw table.invalid(.source, problem)
        }
    }

    private static func problem(source: String, destination: String?) -> String? {
        guard !source.isEmpty, !source.utf8.contains(0) else { return "an artifact needs a path" }
        guard !source.split(separator: "/").contains("..") else { return "'\(source)' must not contain '..'" }
        let names = source.split(separator: "/").filter { $0 != "." }
        guard !names.isEmpty else { return "'\(source)' is no path of one thing; name what is to be kept" }
        guard let destination else {
            return source.hasPrefix("/") && names.first == "manifest.json"
                ? "'\(source)' would take the manifest's place; give it a destination" : nil
        }
        let parts = destination.split(separator: "/").filter { $0 != "." }
        guard !destination.hasPrefix("/"), !parts.isEmpty, !parts.contains(".."), !destination.contains("\\") else {
            return "the destination '\(destination)' must be a relative path without '..'"
        }
        return parts.first == "manifest.json" ? "the destination '\(destination)' is taken by the manifest itself" : nil
    }
}
