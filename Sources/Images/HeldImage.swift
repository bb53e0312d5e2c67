package import Sandbox

/// An image that cannot be removed as long as this is there.
package final class HeldImage: Sendable {
    package let image: Image
    /// What it cannot be mistaken for: an id of the store, `host`, or `dir:` and a path.
    package let id: String
    private let release: (@Sendable () -> Void)?

    /// Of an image that is nobody's to remove.
    package convenience init(_ image: Image) {
        self.init(image, id: image.name, release: nil)
    }

    init(_ image: Image, id: String, release: (@Sendable () -> Void)?) {
        self.image = image
        self.id = id
        self.release = release
    }

    deinit { release?() }
}
