/// A read-only root file system: the trees it is put together from.
package struct Image: Sendable, Hashable {
    /// What people call it: `host`, or the path of a directory.
    package var name: String
    /// The directory that becomes `/`.
    package var root: String
    /// Host directories that are laid over the root read-mostly, by target: for the host image `/usr`.
    package var trees: [String: String]

    package init(name: String, root: String, trees: [String: String]) {
        self.name = name
        self.root = root
        self.trees = trees
    }

    /// Any directory that holds a root file system.
    package static func directory(_ path: String) -> Image {
        Image(name: "dir:\(path)", root: path, trees: [:])
    }
}
