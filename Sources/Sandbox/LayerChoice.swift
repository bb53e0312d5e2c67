import Glibc
package import SandboxPlan

/// Where this host can put writable layers; found out once at start, by trying.
package struct LayerAbilities: Sendable, Hashable {
    /// Overlays on tmpfs keep their marks (user xattrs, Linux 6.6): directories of the image can be replaced inside.
    package var memoryKeepsMarks: Bool
    /// Loop devices can be made and formatted.
    package var disk: Bool

    package init(memoryKeepsMarks: Bool, disk: Bool) {
        self.memoryKeepsMarks = memoryKeepsMarks
        self.disk = disk
    }

    /// Layers up to this many bytes live in memory, larger ones on disk.
    package static let memoryBytes: UInt64 = 256 << 20

    /// Tries; blocks for some milliseconds.
    package static func find() -> LayerAbilities {
        let attempts = HostAttempts.make(directory: "/usr")
        return LayerAbilities(
            memoryKeepsMarks: attempts.overlayRemoval == .works,
            disk: geteuid() == 0 && attempts.loopDevices == .works && access("/sbin/mkfs.ext4", X_OK) == 0
        )
    }

    /// The kind for a layer of this size; nil where its size cannot be limited.
    ///
    /// A small layer in memory without marks is still the best that a host without loop devices has; `doctor` says what
    /// it costs.
    package func kind(bytes: UInt64) -> LayerKind? {
        let fitsMemory = bytes <= Self.memoryBytes
        if fitsMemory && (memoryKeepsMarks || !disk) { return .memory }
        return disk ? .disk : nil
    }
}
