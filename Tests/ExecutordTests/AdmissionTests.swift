import Statistics
import Testing
import Wire

@testable import Executord

/// Which trials start, when.
struct AdmissionTests {
    private let now = Timestamp(milliseconds: 1000)

    private func admission(memory: Int = 100, processors: Double = 4, concurrency: Int = 100) -> Admission {
        Admission(capacity: HostShare(memoryBytes: memory, processors: processors), concurrency: concurrency)
    }

    private func claim(
        _ trial: String,
        memory: Int = 10,
        processors: Double = 1,
        job: Int? = nil,
        limit: Int = .max,
        notBefore: Int64? = nil,
        isRunByDaemon: Bool = true
    ) -> Admission.Claim {
        Admission.Claim(
            trial: trial,
            share: HostShare(memoryBytes: memory, processors: processors),
            job: job,
            jobLimit: limit,
            notBefore: notBefore.map { Timestamp(milliseconds: $0) },
            isRunByDaemon: isRunByDaemon
        )
    }

    private func names(_ claims: [Admission.Claim]) -> [String] { claims.map(\.trial) }

    @Test func memoryAndProcessorsAreNeverExceeded() {
        var admission = admission()
        var waiting = ["a", "b", "c", "d", "e"].map { claim($0) }
        #expect(names(admission.admit(from: &waiting, at: now)) == ["a", "b", "c", "d"], "four processors")
        #expect(names(waiting) == ["e"])
        #expect(admission.admit(from: &waiting, at: now).isEmpty)
        admission.release("b")
        #expect(names(admission.admit(from: &waiting, at: now)) == ["e"] && waiting.isEmpty)

        admission = self.admission()
        waiting = [claim("a", memory: 60), claim("b", memory: 41), claim("c", memory: 40)]
        #expect(names(admission.admit(from: &waiting, at: now)) == ["a"], "60 and 41 are more than 100")
        admission.release("a")
        #expect(names(admission.admit(from: &waiting, at: now)) == ["b", "c"])
    }

    @Test func concurrencyIsABoundOfItsOwn() {
        var admission = admission(concurrency: 2)
        var waiting = ["a", "b", "c"].map { claim($0, memory: 0, processors: 0) }
        #expect(names(admission.admit(from: &waiting, at: now)) == ["a", "b"])
    }

    @Test func aLargeTrialIsNotStarved() {
        var admission = admission()
        var waiting = [claim("small"), claim("large", processors: 4), claim("later")]
        #expect(names(admission.admit(from: &waiting, at: now)) == ["small"])
        // There is room for "later", which would keep "large" waiting: it must not overtake.
        for index in 0..<20 { waiting.append(claim("more\(index)")) }
        #expect(admission.admit(from: &waiting, at: now).isEmpty)
        admission.release("small")
        #expect(names(admission.admit(from: &waiting, at: now)) == ["large"])
        admission.release("large")
        #expect(names(admission.admit(from: &waiting, at: now)) == ["later", "more0", "more1", "more2"])
    }

    @Test func aFullJobStandsAside() {
        var admission = admission()
        var waiting = [
            claim("a1", job: 1, limit: 1), claim("a2", job: 1, limit: 1), claim("b1", job: 2, limit: 2), claim("c"),
        ]
        #expect(names(admission.admit(from: &waiting, at: now)) == ["a1", "b1", "c"])
        #expect(names(waiting) == ["a2"])
        admission.release("c")
        #expect(admission.admit(from: &waiting, at: now).isEmpty)
        admission.release("a1")
        #expect(names(admission.admit(from: &waiting, at: now)) == ["a2"])
    }

    @Test func whatRestsMakesRoom() {
        var admission = admission(processors: 2, concurrency: 2)
        var waiting = ["a", "b", "c"].map { claim($0, memory: 40, job: 1, limit: 2) }
        #expect(names(admission.admit(from: &waiting, at: now)) == ["a", "b"])
        admission.rest("a")
        #expect(admission.taken == HostShare(memoryBytes: 80, processors: 1), "it has its memory still")
        #expect(admission.admit(from: &waiting, at: now).isEmpty)
        admission.release("a")
        #expect(names(admission.admit(from: &waiting, at: now)) == ["c"])

        admission = self.admission(processors: 2, concurrency: 2)
        waiting = ["a", "b", "c"].map { claim($0, job: 1, limit: 2) }
        #expect(names(admission.admit(from: &waiting, at: now)) == ["a", "b"])
        admission.rest("a")
        #expect(names(admission.admit(from: &waiting, at: now)) == ["c"])
        // Its end makes no room again.
        admission.release("a")
        waiting = [claim("d", job: 1, limit: 2)]
        #expect(admission.admit(from: &waiting, at: now).isEmpty)
        admission.release("b")
        #expect(names(admission.admit(from: &waiting, at: now)) == ["d"])
    }

    @Test func oneAtATimeIsToTheRecordedEnd() {
        var admission = admission()
        var waiting = [claim("a1", job: 1, limit: 1), claim("a2", job: 1, limit: 1), claim("b")]
        #expect(names(admission.admit(from: &waiting, at: now)) == ["a1", "b"])
        admission.rest("a1")
        #expect(admission.admit(from: &waiting, at: now).isEmpty)
        #expect(admission.taken.processors == 1, "its processor is free")
        admission.release("a1")
        #expect(names(admission.admit(from: &waiting, at: now)) == ["a2"])
    }

    @Test func waitsAndAgentsOutsideStandAside() {
        var admission = admission()
        var waiting = [
            claim("later", notBefore: 5000), claim("outside", isRunByDaemon: false), claim("due", notBefore: 1000),
            claim("plain"),
        ]
        #expect(names(admission.admit(from: &waiting, at: now)) == ["due", "plain"])
        #expect(admission.nextTime(of: waiting, after: now)?.milliseconds == 5000)
        #expect(names(admission.admit(from: &waiting, at: Timestamp(milliseconds: 5000))) == ["later"])
        #expect(names(waiting) == ["outside"])
        #expect(admission.nextTime(of: waiting, after: now) == nil)
    }

    @Test func fractionsOfProcessorsAddUp() {
        var admission = admission(processors: 1)
        var waiting = (0..<11).map { claim("\($0)", memory: 0, processors: 0.1) }
        #expect(admission.admit(from: &waiting, at: now).count == 10)
        for index in 0..<10 { admission.release("\(index)") }
        #expect(admission.taken == HostShare(memoryBytes: 0, processors: 0))
        admission.release("nobody")
    }

    /// Random trials, jobs and ends: never more than there is, nobody waits for ever, and the order of what is alike holds.
    @Test func everyTrialRunsOnceWithinTheLimits() {
        let seed = UInt64.random(in: 0 ... .max)
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            var admission = admission(memory: 50, processors: 3, concurrency: Int.random(in: 1...6, using: &random))
            var waiting = (0..<30).map { index in
                let job = Int.random(in: 0...2, using: &random)
                return claim(
                    "\(index)",
                    memory: Int.random(in: 0...50, using: &random),
                    processors: Double(Int.random(in: 0...6, using: &random)) / 2,
                    job: job == 0 ? nil : job,
                    limit: job == 0 ? .max : job
                )
            }
            var started: [String] = []
            var steps = 0
            while started.count < 30 {
                started += names(admission.admit(from: &waiting, at: now))
                #expect(admission.taken.fits(in: admission.capacity), "seed \(seed)")
                #expect(admission.running.count <= admission.concurrency, "seed \(seed)")
                for job in [1, 2] {
                    #expect(admission.running.values.count { $0.job == job } <= job, "seed \(seed)")
                }
                if let end = admission.running.keys.sorted().randomElement(using: &random) { admission.release(end) }
                steps += 1
                guard steps < 1000 else {
                    Issue.record("seed \(seed): \(names(waiting)) wait for ever")
                    return
                }
            }
            #expect(Set(started).count == 30 && waiting.isEmpty, "seed \(seed)")
        }
    }
}
