/// When pid 1 had done each part of its set-up, in nanoseconds of its own clock (CLOCK_MONOTONIC); only differences mean
/// something.
package struct SetupTimes: Sendable, Hashable {
    /// It has its plan.
    package var ordered: UInt64 = 0
    /// It has its namespaces.
    package var separated: UInt64 = 0
    /// The launcher has given it ids and mounts.
    package var equipped: UInt64 = 0
    /// Its file system stands.
    package var rooted: UInt64 = 0
    /// It is in its cgroups, and holds nothing else than it needs.
    package var joined: UInt64 = 0

    package init() {}

    func write(to writer: inout ByteWriter) {
        for time in [ordered, separated, equipped, rooted, joined] { writer.integer(time) }
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> SetupTimes {
        var times = SetupTimes()
        times.ordered = try reader.integer()
        times.separated = try reader.integer()
        times.equipped = try reader.integer()
        times.rooted = try reader.integer()
        times.joined = try reader.integer()
        return times
    }
}
