/// One image of the daemon's store.
package struct ImageSummary: Codable, Sendable, Hashable {
    /// `sha256:` and 64 digits.
    package var id: String
    /// With tags, in order; none when it is only still in use.
    package var names: [String]
    /// Of all files of all layers.
    package var bytes: Int
    package var entries: Int
    package var layers: Int
    /// When it was taken in.
    package var createdAt: Timestamp
    /// Where it was imported from.
    package var source: String
    /// Trials that run on it at this moment.
    package var usedBy: [String]

    package init(
        id: String,
        names: [String],
        bytes: Int,
        entries: Int,
        layers: Int,
        createdAt: Timestamp,
        source: String,
        usedBy: [String]
    ) {
        self.id = id
        self.names = names
        self.bytes = bytes
        self.entries = entries
        self.layers = layers
        self.createdAt = createdAt
        self.source = source
        self.usedBy = usedBy
    }
}

/// What the build of an image had for a network, and what it asked for there.
package struct ImageNetwork: Codable, Sendable, Hashable {
    package var kind: NetworkKind
    /// Through the proxy of an allow-list, added up; of a public network nothing is seen.
    package var targets: [NetworkTarget]

    package init(kind: NetworkKind, targets: [NetworkTarget]) {
        self.kind = kind
        self.targets = targets
    }
}

/// The images of the daemon's store.
package enum ImageList: Method {
    package static let name = "image.list"
    package typealias Params = Empty
    package struct Result: Codable, Sendable {
        package var images: [ImageSummary]
        package init(images: [ImageSummary]) { self.images = images }
    }
}

/// One image, by name or by the first six or more digits of its id.
package enum ImageShow: Method {
    package static let name = "image.show"
    package struct Params: Codable, Sendable {
        package var image: String
        package init(image: String) { self.image = image }
    }
    package struct Result: Codable, Sendable {
        package var image: ImageSummary
        /// Digests of the layers' tar streams, the lowest first.
        package var layers: [String]
        package var environment: [String: String]
        package var workingDirectory: String?
        package var user: String?
        /// Of the build that made it; nil without one, or without a network.
        package var network: ImageNetwork?
        package init(
            image: ImageSummary,
            layers: [String],
            environment: [String: String],
            workingDirectory: String?,
            user: String?,
            network: ImageNetwork?
        ) {
            self.image = image
            self.layers = layers
            self.environment = environment
            self.workingDirectory = workingDirectory
            self.user = user
            self.network = network
        }
    }
}

/// Takes an image into the store, from the descriptor that is passed: a file or the read end of a pipe with a tar of a root
/// file system, an OCI layout or what `docker save` writes, packed or not.
package enum ImageImport: Method {
    package static let name = "image.import"
    package struct Params: Codable, Sendable {
        /// What it is to be called; nil takes the name that the archive has for it.
        package var name: String?
        /// Where it is from, for people.
        package var source: String
        package init(name: String?, source: String) {
            self.name = name
            self.source = source
        }
    }
    package struct Result: Codable, Sendable {
        package var image: ImageSummary
        /// Devices, FIFOs and sockets that were left out.
        package var skipped: Int
        /// Entries whose owner has no id on this host, and that root owns instead.
        package var strangers: Int
        package init(image: ImageSummary, skipped: Int, strangers: Int) {
            self.image = image
            self.skipped = skipped
            self.strangers = strangers
        }
    }
}

/// Fetches an image from a registry that the administrator has listed; `image.progress` says meanwhile what is being done.
package enum ImagePull: Method {
    package static let name = "image.pull"
    package struct Params: Codable, Sendable {
        /// As Docker writes it: `debian:12`, `ghcr.io/team/base:1`.
        package var image: String
        package init(image: String) { self.image = image }
    }
    package typealias Result = ImageImport.Result
}

/// Makes the image of an uploaded task: builds it from `environment/Dockerfile`, or fetches what `docker_image` names from a
/// listed registry; `image.progress` says step by step what is being done.
package enum ImageBuild: Method {
    package static let name = "image.build"
    package struct Params: Codable, Sendable {
        /// Of the task, as `task.upload` told it.
        package var digest: String
        package var allowUnenforced: Bool
        package init(digest: String, allowUnenforced: Bool) {
            self.digest = digest
            self.allowUnenforced = allowUnenforced
        }
    }
    package struct Result: Codable, Sendable {
        package var image: ImageSummary
        package var network: ImageNetwork?
        package init(image: ImageSummary, network: ImageNetwork?) {
            self.image = image
            self.network = network
        }
    }
}

/// Which instruction of a Dockerfile is being carried out, or what is being fetched.
package enum ImageBuildProgress: NotificationKind {
    package static let name = "image.progress"
    package struct Params: Codable, Sendable {
        /// From 1 on.
        package var step: Int
        /// 0 while nobody knows.
        package var steps: Int
        package var text: String
        package init(step: Int, steps: Int, text: String) {
            self.step = step
            self.steps = steps
            self.text = text
        }
    }
}

/// Removes a name from the store, and its image with the last one.
package enum ImageRemove: Method {
    package static let name = "image.remove"
    package struct Params: Codable, Sendable {
        package var image: String
        package init(image: String) { self.image = image }
    }
    package struct Result: Codable, Sendable {
        package var names: [String]
        /// What is free now; 0 when the image has other names.
        package var bytes: Int
        package init(names: [String], bytes: Int) {
            self.names = names
            self.bytes = bytes
        }
    }
}
