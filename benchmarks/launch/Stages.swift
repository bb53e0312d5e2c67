/// The parts of a sandbox's life.
enum Stage: String, CaseIterable {
    case layer = "  of it: writable layer"
    case sandbox = "  of it: namespaces, root and cgroups"
    case command = "  of it: the command"
    case killing = "  of it: end of all processes"
    case removal = "  of it: layer and cgroups removed"
}

/// Where the time of launches goes.
struct Stages {
    private(set) var samples = Stage.allCases.map { Samples($0.rawValue) }

    mutating func add(_ duration: Duration, to stage: Stage) {
        for (index, candidate) in Stage.allCases.enumerated() where candidate == stage { samples[index].add(duration) }
    }
}

/// Time since the last look at it.
struct Stopwatch {
    private var last = ContinuousClock.now

    mutating func lap() -> Duration {
        let now = ContinuousClock.now
        defer { last = now }
        return now - last
    }
}
