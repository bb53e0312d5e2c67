/// A name of an image in the local store, as Docker writes it: `debian:bookworm`, `registry.example/team/base:1`.
///
/// The tag is always there: `latest` where none is given. `docker.io/library/debian:12` and `debian:12` are one name.
package struct ImageName: Sendable, Hashable, CustomStringConvertible {
    /// With the tag.
    package let description: String

    /// nil for what is no name, is one of a digest (`@sha256:…`), or means something else (`host`).
    package init?(_ text: String) {
        let text = ImageResolution.withoutRegistry(text)
        guard !text.isEmpty, text.utf8.count <= 255, !text.contains("@") else { return nil }
        var path = text[...]
        var tag: Substring = "latest"
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("/") {
            path = text[..<colon]
            tag = text[colon...].dropFirst()
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard Self.isTag(tag), path != "host" else { return nil }
        for (index, part) in parts.enumerated() {
            let isRegistry = index == 0 && parts.count > 1
            guard isRegistry ? Self.isRegistry(part) : Self.isPart(part) else { return nil }
        }
        description = "\(path):\(tag)"
    }

    /// The registry that has it, by Docker's rule: a first part with a dot, a colon, or `localhost`; else `docker.io`.
    package var registry: String {
        let first = description.prefix { $0 != "/" }
        let isHost =
            first.count < description.count && (first.contains(where: { ".:".contains($0) }) || first == "localhost")
        return isHost ? String(first) : "docker.io"
    }

    /// With the registry, and the `library` that Docker's own images are in.
    package var reference: String {
        guard registry == "docker.io" else { return description }
        return "docker.io/" + (description.contains("/") ? description : "library/" + description)
    }

    /// What the image is called that is built of an `environment/` with that digest.
    init?(ofEnvironment digest: String) {
        self.init("\(Self.environment)\(digest.prefix(32))")
    }

    /// It was built of a task, not taken in.
    package var isOfEnvironment: Bool { description.hasPrefix(Self.environment) }

    private static let environment = "environment:"

    private static func isTag(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
        return text.utf8.count <= 128
            && text.utf8.allSatisfy { isLower($0) || isUpper($0) || isDigit($0) || isMark($0) }
    }

    private static func isPart(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return (isLower(first) || isDigit(first)) && (isLower(last) || isDigit(last)) && !text.contains("..")
            && text.utf8.allSatisfy { isLower($0) || isDigit($0) || isMark($0) }
    }

    /// A host, perhaps with a port.
    private static func isRegistry(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, isPart(Substring(parts[0].lowercased())) else { return false }
        return parts.count == 1 || (!parts[1].isEmpty && parts[1].utf8.allSatisfy(isDigit))
    }

    private static func isLower(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte }
    private static func isUpper(_ byte: UInt8) -> Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte }
    private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
    private static func isMark(_ byte: UInt8) -> Bool {
        [UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-")].contains(byte)
    }
}
