import Tasks
import Wire

/// What an administrator gives to the builds of images.
struct BuildSettings: Sendable, Hashable {
    /// What RUN lines reach.
    var network = NetworkKind.closed
    /// With an allow-list; nil is what the allow-lists of tasks may name.
    var hosts: [AllowedHost]?
    /// Variables of RUN lines that the image does not get.
    var environment: [String: String] = [:]
    /// Files of this host that RUN lines see and the image does not get, by their names in `directory`.
    var files: [String: String] = [:]

    /// Where `files` are seen, read-only.
    static let directory = "/run/build-files"

    /// Checked against the networks that there are at all.
    func check(within offer: NetworkOffer, _ file: String) throws(WireError) {
        guard network <= offer.ceiling else {
            throw WireError(
                .invalidParams,
                "\(file): builds.network is \"\(network.rawValue)\", and network.ceiling is \"\(offer.ceiling.rawValue)\"",
                remedy: "raise the one or lower the other"
            )
        }
        guard network != .allowlist || hosts ?? offer.hosts != nil else {
            throw WireError(
                .invalidParams,
                "\(file): builds.network is \"allowlist\", and nothing is listed",
                remedy: "name in builds.hosts what packages come from"
            )
        }
    }
}
