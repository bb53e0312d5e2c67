import Glibc

/// How busy this machine is: others' work falsifies ours.
enum Processors {
    /// Waits for 20 ms in which most of the machine did nothing, but for a second at most.
    ///
    /// - Returns: whether there was such a moment.
    static func waitUntilIdle() -> Bool {
        for _ in 0..<50 {
            let before = counters()
            usleep(20_000)
            let after = counters()
            let all = after.all - before.all
            if all == 0 || after.idle - before.idle >= 0.7 * all { return true }
        }
        return false
    }

    /// Ticks since the start of the machine; see proc(5), /proc/stat.
    private static func counters() -> (idle: Double, all: Double) {
        guard let file = fopen("/proc/stat", "re") else { return (0, 0) }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 512)
        guard fgets(&line, CInt(line.count), file) != nil else { return (0, 0) }
        let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ").dropFirst().compactMap {
            Double($0.filter(\.isNumber))
        }
        guard fields.count > 4 else { return (0, 0) }
        return (fields[3] + fields[4], fields.prefix(8).reduce(0, +))
    }
}
