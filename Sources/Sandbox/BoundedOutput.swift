/// The beginning and the end of an output of any length, and a count of all of it.
package struct BoundedOutput: Sendable {
    /// How much of the beginning and of the end is kept, in bytes.
    private let headLimit: Int
    private let tailLimit: Int
    /// The first bytes, at most `headLimit`.
    package private(set) var head: [UInt8] = []
    /// The last bytes after the head: once full, a ring whose oldest byte is at `oldest`.
    private var ring: [UInt8] = []
    private var oldest = 0
    /// All bytes ever appended.
    package private(set) var total = 0

    /// Memory grows with the output, up to the sum of the limits.
    package init(headLimit: Int, tailLimit: Int) {
        precondition(headLimit >= 0 && tailLimit >= 0, "limits are byte counts")
        self.headLimit = headLimit
        self.tailLimit = tailLimit
    }

    /// The last bytes after the head, at most `tailLimit`, in order.
    package var tail: [UInt8] { Array(ring[oldest...] + ring[..<oldest]) }

    /// Bytes between head and tail that were not kept.
    package var omitted: Int { total - head.count - ring.count }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        total += bytes.count
        let forHead = min(headLimit - head.count, bytes.count)
        head.append(contentsOf: bytes[..<forHead])
        var rest = bytes[forHead...].suffix(tailLimit)
        let forGrowth = min(tailLimit - ring.count, rest.count)
        ring.append(contentsOf: rest.prefix(forGrowth))
        rest = rest.dropFirst(forGrowth)
        while !rest.isEmpty {
            let run = min(ring.count - oldest, rest.count)
            ring.replaceSubrange(oldest..<oldest + run, with: rest.prefix(run))
            oldest = (oldest + run) % ring.count
            rest = rest.dropFirst(run)
        }
    }

    /// At most `limit` bytes that lie next to each other, from `offset` of the whole output on.
    ///
    /// What was not kept is passed over: a read from there begins with the tail, so `start` may be larger than asked. It
    /// is smaller only where the output is shorter than that.
    func bytes(from offset: Int, limit: Int) -> (start: Int, bytes: [UInt8]) {
        let tailStart = total - ring.count
        var start = min(max(offset, 0), total)
        if start >= head.count { start = max(start, tailStart) }
        var bytes: [UInt8] = []
        if start < head.count { bytes += head[start..<min(start + max(limit, 0), head.count)] }
        let next = start + bytes.count
        guard next >= tailStart, bytes.count < limit else { return (start, bytes) }
        let wanted = min(limit - bytes.count, total - next)
        // A run of the ring may go over its end.
        let first = (oldest + next - tailStart) % max(ring.count, 1)
        let run = min(wanted, ring.count - first)
        bytes += ring[first..<first + run] + ring[..<(wanted - run)]
        return (start, bytes)
    }
}
