import Glibc

/// Whether the host had more to do than it has processors, so that a limit in wall-clock time says less about a program.
enum HostLoad {
    /// Above this many runnable tasks for each processor, over the last minute.
    private static let busy = 1.5

    /// What to say beside a time that ran out; nil on a host that is not busy.
    static func remark() -> String? {
        var load = 0.0
        // See getloadavg(3).
        guard getloadavg(&load, 1) == 1 else { return nil }
        return remark(load: load, processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
    }

    static func remark(load: Double, processors: Int) -> String? {
        guard load > busy * Double(processors) else { return nil }
        let tenths = Int(min(load, 1e6) * 10)
        let load = "\(tenths / 10).\(tenths % 10) runnable for \(processors) processors"
        return "the host was busy when this time ran out (\(load)): with fewer trials at a time it may be enough"
    }
}
