/// Why an image could not be taken in, found or removed; an import that fails leaves nothing behind.
package enum ImageError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The stream is neither a tar archive nor one of images; the text says where it ceased to be.
    case unreadable(String)
    /// What was read is not what its digest promised.
    case wrongDigest(what: String, expected: String, actual: String)
    /// For another processor or operating system.
    case foreign(String)
    /// An archive of several images, by these names.
    case several([String])
    /// Neither the caller nor the archive names the image.
    case nameless
    /// No image of that name or id.
    case unknown(String)
    /// The beginning of an id that fits several.
    case ambiguous(String)
    /// These trials run on it.
    case inUse(name: String, by: [String])
    /// More than is taken in; the text names the limit.
    case tooLarge(String)
    /// The store's own files could not be read or written.
    case store(String)

    package var description: String {
        switch self {
        case .unreadable(let why): "the archive cannot be read: \(why)"
        case .wrongDigest(let what, let expected, let actual):
            "\(what) is not what it should be: its digest is \(actual), not \(expected)"
        case .foreign(let what): "the image is for \(what), not for this host"
        case .several(let names): "the archive holds several images: \(names.joined(separator: ", "))"
        case .nameless: "the archive does not say what its image is called"
        case .unknown(let name): "no image '\(name)'"
        case .ambiguous(let text): "'\(text)' fits several images"
        case .inUse(let name, let users): "image \(name) is in use by \(users.joined(separator: ", "))"
        case .tooLarge(let what): "the archive is too large: \(what)"
        case .store(let what): "the image store: \(what)"
        }
    }

    package var remedy: String {
        switch self {
        case .unreadable:
            "give a root file system as a tar, or an archive of `docker save`, `podman save` or an OCI layout"
        case .wrongDigest: "get the archive again: it was cut or changed on the way"
        case .foreign: "save the image for this host's platform"
        case .several: "save them one by one"
        case .nameless: "give a name after the archive, for example `base:1`"
        case .unknown, .ambiguous: "`executorctl image list` shows what is there"
        case .inUse: "wait for the trials, or cancel them with `executorctl cancel TRIAL`"
        case .tooLarge: "leave out what is not needed"
        case .store: "see that the state directory's disk is there and has room"
        }
    }
}
