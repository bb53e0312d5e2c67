package import SandboxPlan
import Synchronization

/// Where the user ids of sandboxes come from, as the launcher sees them.
package enum IdentitySource: Sendable, Hashable {
    /// `slots` ranges of 65,536 ids from `base` on, none of which belongs to anybody else.
    case ranges(base: UInt32, slots: Int)
    /// One range from `base` on for all sandboxes: a user's subordinate ids are too few for one each.
    case shared(base: UInt32)
    /// One id for everything: root inside is the caller outside.
    case single

    /// For root: above what systemd assigns to containers and below 2^31; see systemd.io/UIDS-GIDS.
    package static let root = IdentitySource.ranges(base: 0x7000_0000, slots: 2048)

    package static let rangeSize: UInt32 = 65536
}

/// The ids of one sandbox: the same for every sandbox that reads a layer, so that owners in it mean the same.
package struct Identity: Sendable, Hashable {
    package let slot: Int
    package let ranges: [IdentityRange]

    /// Root inside is the launcher's own root, and nobody else exists.
    package static let caller = Identity(slot: -1, ranges: [IdentityRange(inside: 0, outside: 0, count: 1)])

    /// The launcher's id of root inside.
    package var root: UInt32 { ranges[0].outside }
    /// Whether only one id exists inside.
    package var isSingle: Bool { ranges.count == 1 && ranges[0].count == 1 }
}

/// Hands out identities, each to one trial at a time.
package final class IdentityPool: Sendable {
    package let source: IdentitySource
    private let used = Mutex<Set<Int>>([])

    package init(_ source: IdentitySource) {
        self.source = source
    }

    /// A free identity; give it back when the last sandbox that uses it has ended.
    package func take() throws(SandboxError) -> Identity {
        switch source {
        case .single:
            return .caller
        case .shared(let base):
            return Identity(
                slot: -1,
                ranges: [IdentityRange(inside: 0, outside: base, count: IdentitySource.rangeSize)]
            )
        case .ranges(let base, let slots):
            let slot = used.withLock { used -> Int? in
                guard let free = (0..<slots).first(where: { !used.contains($0) }) else { return nil }
                used.insert(free)
                return free
            }
            guard let slot else { throw .identitiesExhausted(slots) }
            let outside = base + UInt32(slot) * IdentitySource.rangeSize
            return Identity(
                slot: slot,
                ranges: [IdentityRange(inside: 0, outside: outside, count: IdentitySource.rangeSize)]
            )
        }
    }

    package func giveBack(_ identity: Identity) {
        _ = used.withLock { $0.remove(identity.slot) }
    }
}
