import Sandbox
import SandboxPlan
import Wire

/// Where the time of a sandbox goes.
struct StageClock {
    private(set) var stages: [LaunchStage] = []
    private var last = ContinuousClock.now

    /// What was begun with the stage before has ended.
    mutating func finish(_ name: LaunchStage.Name) {
        stages.append(LaunchStage(name, milliseconds: lap()))
    }

    /// The same for a sandbox that stands now, with what its pid 1 says of it.
    mutating func finish(launch times: SetupTimes) {
        let parts: [(LaunchStage.Name, from: UInt64, to: UInt64)] = [
            (.namespaces, times.ordered, times.separated), (.identity, times.separated, times.equipped),
            (.root, times.equipped, times.rooted), (.cgroups, times.rooted, times.joined),
        ]
        let inside = parts.map { name, from, to in LaunchStage(name, milliseconds: Double(to &- from) / 1e6) }
        let rest = lap() - inside.reduce(0) { $0 + $1.milliseconds }
        stages += [LaunchStage(.launcher, milliseconds: max(0, rest))] + inside
    }

    private mutating func lap() -> Double {
        let now = ContinuousClock.now
        defer { last = now }
        return (now - last).milliseconds
    }
}
