/// Keeps the first and the last bytes of a stream and counts the rest.
package struct BoundedOutput: Sendable, Hashable {
    /// How much of the beginning and of the end is kept, in bytes.
    package let headLimit: Int
    package let tailLimit: Int
    /// All bytes seen, kept or not.
    package private(set) var total = 0
    package private(set) var head: [UInt8] = []
    /// Up to twice `tailLimit` while it fills, so that trimming is rare.
    private var recent: [UInt8] = []

    package init(headLimit: Int, tailLimit: Int) {
        self.headLimit = headLimit
        self.tailLimit = tailLimit
    }

    package mutating func append(_ bytes: ArraySlice<UInt8>) {
        total += bytes.count
        let room = headLimit - head.count
        head.append(contentsOf: bytes.prefix(room))
        let rest = bytes.dropFirst(room)
        guard !rest.isEmpty, tailLimit > 0 else { return }
        recent.append(contentsOf: rest.suffix(tailLimit))
        if recent.count > 2 * tailLimit { recent.removeFirst(recent.count - tailLimit) }
    }

    /// The last bytes after the head, at most `tailLimit`.
    package var tail: [UInt8] { Array(recent.suffix(tailLimit)) }

    /// Bytes between head and tail that were dropped.
    package var omitted: Int { total - head.count - min(recent.count, tailLimit) }
}
