/// A read-only root file system: the trees it is put together from.
package struct Image: Sendable, Hashable {
    /// What people call it: `host`, or the path of a directory.
    package var name: String
    /// The directory that becomes `/`.
    package var root: String
    /// Host directories that are laid over the root read-mostly, by target: for the host image `/usr`.
    package var trees: [String: String]

    /// The daemon has put the root together itself: it is small and never changes, so that it may be copied.
    package var isComposed: Bool

    package init(name: String, root: String, trees: [String: String], isComposed: Bool = false) {
        self.name = name
        self.root = root
        self.trees = trees
        self.isComposed = isComposed
    }

    /// Any directory that holds a root file system.
    package static func directory(_ path: String) -> Image {
        Image(name: "dir:\(path)", root: path, trees: [:])
    }
}
