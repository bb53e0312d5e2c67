package import Sandbox
package import Wire

/// One image of the store.
package struct ImageRecord: Codable, Sendable, Hashable {
    /// `sha256:` and 64 digits: of the image's configuration, which names its layers, so that equal images are one.
    package var id: String
    /// Digests of the layers' tar streams, the lowest first.
    package var layers: [String]
    package var settings: ImageSettings
    package var createdAt: Timestamp
    /// Where it was imported from, for people.
    package var source: String
    /// Of the build that made it.
    package var network: ImageNetwork?

    /// Names of the trees of the first layer, the first two, and so on; the last one is the image.
    ///
    /// As in the OCI image specification, config.md: a tree is named by all layers that it is made of, so that images which
    /// begin alike share trees.
    var chain: [String] {
        var names: [String] = []
        for layer in layers {
            let digest = names.last.map { "sha256:" + SHA256.hex(of: Array("sha256:\($0) \(layer)".utf8)) } ?? layer
            names.append(String(digest.dropFirst("sha256:".count)))
        }
        return names
    }
}

/// What placing a layer showed.
struct LayerRecord: Codable, Sendable, Hashable {
    var bytes: UInt64
    var entries: Int
}

/// All that the store knows, as it is written down.
struct ImageIndex: Codable, Sendable {
    var version = 1
    var images: [ImageRecord] = []
    /// Ids by name, tag included.
    var names: [String: String] = [:]
    /// By the names of trees.
    var layers: [String: LayerRecord] = [:]

    func image(id: String) -> ImageRecord? { images.first { $0.id == id } }

    func names(of id: String) -> [String] { names.filter { $0.value == id }.keys.sorted() }

    /// Removes images without a name that nobody uses, and returns the trees that are of no image any more.
    mutating func removeUnnamed(used: Set<String>) -> [String] {
        let named = Set(names.values)
        images.removeAll { !named.contains($0.id) && !used.contains($0.id) }
        let kept = Set(images.flatMap(\.chain))
        let unused = layers.keys.filter { !kept.contains($0) }
        for name in unused { layers[name] = nil }
        return unused
    }
}
