package import SandboxPlan

/// What a sandbox is to be, before it is known how this host does it; the planner turns it into a `Plan`.
@dynamicMemberLookup
package struct SandboxPolicy: Sendable {
    package var form: SandboxForm
    package var identity: Identity
    /// The writable layer, by name.
    package var layer: String
    /// Frozen layers of earlier sandboxes below it, topmost first.
    package var frozen: [String]
    /// A tree right above the image with what that lacks; `SandboxHost.launch` knows.
    var supplied: String?

    package init(_ form: SandboxForm, identity: Identity, layer: String, frozen: [String] = []) {
        self.form = form
        self.identity = identity
        self.layer = layer
        self.frozen = frozen
    }

    package init(
        image: Image,
        identity: Identity,
        layer: String,
        mounts: [PolicyMount] = [],
        missingDirectories: [String] = [],
        network: SandboxNetwork = .closed
    ) {
        var form = SandboxForm(image: image)
        form.mounts = mounts
        form.missingDirectories = missingDirectories
        form.network = network
        self.init(form, identity: identity, layer: layer)
    }

    package subscript<Value>(dynamicMember path: WritableKeyPath<SandboxForm, Value>) -> Value {
        get { form[keyPath: path] }
        set { form[keyPath: path] = newValue }
    }
}

/// What does not depend on whose sandbox it is: two of the same form differ in ids and layers only.
package struct SandboxForm: Sendable, Hashable {
    package var image: Image
    /// Host name inside; the same for every trial, so that no run differs by it.
    package var hostname = "sandbox"
    /// Host directories laid over the image's root, for example the task's own files.
    package var additions: [String] = []
    package var mounts: [PolicyMount] = []
    /// System directories come from the image alone, whatever the frozen layers have there.
    package var pristineSystem = false
    /// Directories that must exist, in order.
    package var directories: [PolicyDirectory] = []
    /// Directories that are made where neither image nor layers have anything of that name.
    package var missingDirectories: [String] = []
    package var sharedMemoryBytes: UInt64 = 64 << 20
    package var network = SandboxNetwork.closed

    package init(image: Image) {
        self.image = image
    }
}

/// What a sandbox has for a network.
package enum SandboxNetwork: Sendable, Hashable {
    /// Loopback.
    case closed
    /// Loopback, and on it a proxy of the daemon's side; see `RunningSandbox.takeProxyListener`.
    case proxied
    /// A way to the Internet, and not to these networks.
    case open(except: [ClosedNetwork])

    /// Where programs inside find the proxy, on 127.0.0.1.
    package static let proxyPort: UInt16 = 3128
}

/// Something more that is to be seen inside.
package struct PolicyMount: Sendable, Hashable {
    package enum Source: Sendable, Hashable {
        /// A host path, read-only; `owned` means that its owners are shifted into the sandbox's ids where possible.
        case readOnly(path: String)
        /// A host directory of the daemon's own that is being made, for its workers alone.
        case writable(path: String)
        /// A host directory, copy-on-write: changes stay in the sandbox's layer under `name`.
        case copyOnWrite(path: String, name: String)
        /// A new, empty directory in the layer under `name`.
        case fresh(name: String)
        /// A directory of a frozen or live layer, read-only, as it is.
        case layer(path: String)
        /// The same, writable.
        case writableLayer(path: String)
    }
    package var source: Source
    package var target: String
    /// What an agent's layer has at the target (a link, a file) is replaced by a directory first.
    package var replacing: Bool

    package init(_ source: Source, at target: String, replacing: Bool = false) {
        self.source = source
        self.target = target
        self.replacing = replacing
    }
}

/// A directory that must exist inside.
package struct PolicyDirectory: Sendable, Hashable {
    package var path: String
    package var mode: UInt32
    package var uid: UInt32

    package init(_ path: String, mode: UInt32 = 0o755, uid: UInt32 = 0) {
        self.path = path
        self.mode = mode
        self.uid = uid
    }
}
