import Glibc
import Sandbox

/// Launches of sandboxes, ours and bubblewrap's by turns in one run: what counts is the ratio.
@main
struct LaunchBenchmark {
    private let maker: SandboxMaker
    private let rounds: Int
    private let clock = ContinuousClock()

    /// `benchmark-launch [ROUNDS]`, 200 without.
    static func main() async throws {
        try await run()
    }

    /// Not on the main thread, where the daemon's sandboxes are not driven from either: each answer would have to wake it.
    @concurrent
    private static func run() async throws {
        let argument = CommandLine.arguments.dropFirst().first ?? "200"
        guard let rounds = Int(argument), rounds > 0 else {
            print("usage: benchmark-launch [ROUNDS]")
            exit(2)
        }
        let maker = try await SandboxMaker.make()
        let benchmark = LaunchBenchmark(maker: maker, rounds: rounds)
        print("cgroups: \(maker.cgroups.layoutName); limits: \(maker.cgroups.enforceable.map(\.rawValue).sorted())")
        print(Samples.heading)
        do {
            try await benchmark.coldLaunches()
            try await benchmark.commandsInLiveSandboxes()
            try await benchmark.evidence()
            try await benchmark.sustained()
        } catch {
            print("benchmark-launch: \(error)")
            try? await maker.end()
            exit(1)
        }
        try await maker.end()
    }

    /// Cold launch of `true` to its end, torn down: ours and the peers' in turn, each as often behind each other.
    private func coldLaunches() async throws {
        let filter = try filterFile()
        defer { close(filter) }
        let peers = HostProgram.isThere("bwrap") ? [Entrant.bubblewrap(filter: nil), .bubblewrap(filter: filter)] : []
        let entrants = [.cold, .prepared] + (try Floor().map { [.floor($0)] } ?? []) + peers
        var results = Results()
        for _ in 0..<3 { for entrant in entrants { try await run(entrant, &results) } }
        results = Results()
        for round in 0..<rounds {
            for turn in entrants.indices { try await run(entrants[(round + turn) % entrants.count], &results) }
        }
        results.show()
    }

    /// Who launches.
    private enum Entrant {
        case cold
        case prepared
        case floor(Floor)
        case bubblewrap(filter: CInt?)
    }

    private struct Results {
        var cold = Samples("launch true, torn down: executord")
        var stages = Stages()
        var prepared = Samples("the same from prepared sandboxes")
        var bubblewrap = Samples("launch true: bwrap, no filter")
        var filtered = Samples("launch true: bwrap, the same filter")
        var floor = Samples("the same steps in C: cold")
        var floorPrepared = Samples("the same steps in C: from one that stands")
        var floorCommand = Samples("the same steps in C: true in a live one")
        /// Launches that began on an idle machine, and all.
        var quiet = (idle: 0, all: 0)

        func show() {
            let peer = bubblewrap.milliseconds.isEmpty ? nil : bubblewrap
            print(cold.line(to: peer))
            for stage in stages.samples { print(stage.line()) }
            print(prepared.line(to: peer))
            if peer != nil {
                print(bubblewrap.line())
                print(filtered.line(to: peer))
            } else {
                print("bwrap is not installed: no peer")
            }
            if floor.milliseconds.isEmpty {
                print("no cgroup v1: not compared with the same steps in C")
            } else {
                for samples in [floor, floorPrepared, floorCommand] { print(samples.line(to: peer)) }
            }
            print("\(quiet.idle) of \(quiet.all) launches began on an idle machine")
        }
    }

    private func run(_ entrant: Entrant, _ results: inout Results) async throws {
        // Before the wait: nobody's turn is in the way of what others made ahead, or left to the kernel.
        try await maker.prepare()
        results.quiet.all += 1
        if Processors.waitUntilIdle() { results.quiet.idle += 1 }
        switch entrant {
        case .cold:
            let begin = clock.now
            try await maker.wholeLife(&results.stages)
            results.cold.add(clock.now - begin)
        case .prepared: results.prepared.add(try await clock.measure { try await maker.preparedLife() })
        case .floor(let floor):
            let taken = try floor.live(resting: true)
            results.floor.add(milliseconds: taken.cold)
            results.floorPrepared.add(milliseconds: taken.prepared)
            results.floorCommand.add(milliseconds: taken.command)
        case .bubblewrap(let filter):
            let program = Bubblewrap(filter: filter).program(["/usr/bin/true"])
            let time = try clock.measure { try program.run() }
            if filter == nil { results.bubblewrap.add(time) } else { results.filtered.add(time) }
        }
    }

    /// The default profile's filter as a file, for bubblewrap.
    private func filterFile() throws -> CInt {
        var template = Array("/tmp/executord-filter-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw HostProgram.Failure(description: "mkstemp: errno \(errno)") }
        unlink(template)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        let bytes = maker.profile.seccomp
        guard write(file, bytes, bytes.count) == bytes.count else {
            throw HostProgram.Failure(description: "write: errno \(errno)")
        }
        return file
    }

    /// A recorded `true` in a live sandbox, by turns with nsenter into bubblewrap's.
    private func commandsInLiveSandboxes() async throws {
        var ours = Samples("true in a live sandbox: executord")
        var peer = Samples("true in a live bwrap: nsenter")
        var stages = Stages()
        let made = try await maker.launch(&stages)
        let live = HostProgram.isThere("bwrap") && HostProgram.isThere("nsenter") ? try? LiveBubblewrap() : nil
        let enter = live.map {
            HostProgram(arguments: ["/usr/bin/nsenter", "-t", "\($0.inner)", "-a", "/usr/bin/true"])
        }
        for round in -3..<rounds {
            let own = try await clock.measure { try await maker.runTrue(in: made.sandbox) }
            let entered = try enter.map { enter in try clock.measure { try enter.run() } }
            guard round >= 0 else { continue }
            ours.add(own)
            if let entered { peer.add(entered) }
        }
        live?.end()
        try await maker.tearDown(made, &stages)
        print(ours.line(to: live == nil ? nil : peer))
        print(live == nil ? "nsenter or bwrap is not installed: no peer" : peer.line())
    }

    /// What the look at the layer after each program costs: `true` beside thousands of files that were written before.
    private func evidence() async throws {
        var stages = Stages()
        let sizes = [0, 1000, 10_000]
        var sandboxes: [StandingSandbox] = []
        var samples = sizes.map { Samples("true in a live sandbox, \($0) files in its layer") }
        for size in sizes {
            let made = try await maker.launch(&stages)
            sandboxes.append(made)
            try await maker.run(
                ["/bin/sh", "-c", "mkdir /tmp/d && cd /tmp/d && seq \(size) | xargs -r touch"],
                in: made.sandbox
            )
        }
        for round in -3..<rounds {
            for index in sizes.indices {
                let time = try await clock.measure { try await maker.runTrue(in: sandboxes[index].sandbox) }
                if round >= 0 { samples[index].add(time) }
            }
        }
        for made in sandboxes { try await maker.tearDown(made, &stages) }
        for sample in samples { print(sample.line(to: samples[0])) }
    }

    /// Launches a second of two workers, each for 3 seconds.
    private func sustained() async throws {
        let ours = try await rate { { try await maker.wholeLife() } }
        print(padded("launches a second, 2 workers: executord", 44) + number(ours, 9))
        if Floor.isPossible {
            let bare = try await rate {
                let floor = try Floor()
                return { try floor?.live(resting: false) }
            }
            print(padded("launches a second, 2 workers: steps in C", 44) + number(bare, 9))
        }
        guard HostProgram.isThere("bwrap") else { return }
        let peer = try await rate { { try Bubblewrap().program(["/usr/bin/true"]).run() } }
        print(padded("launches a second, 2 workers: bwrap", 44) + number(peer, 9))
        print(padded("ratio", 44) + number(ours / peer, 9))
    }

    /// `worker` gives each of two workers what it does again and again.
    private func rate(of worker: @escaping @Sendable () throws -> () async throws -> Void) async throws -> Double {
        let count = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    let body = try worker()
                    let end = ContinuousClock.now + .seconds(3)
                    var count = 0
                    while ContinuousClock.now < end {
                        try await body()
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(count) / 3
    }
}
