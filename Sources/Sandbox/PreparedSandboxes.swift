/// Sandboxes that stand before they are asked for: whoever asks for one of the same key is given it, once.
///
/// None is made until a key has been asked for twice within `idle`, and none stands longer than `idle` after the last time.
/// What fails is made the ordinary way, by whoever asks.
package actor PreparedSandboxes {
    package static let perKey = 2
    package static let inAll = 4

    private let host: SandboxHost
    private let cgroups: CgroupTree
    private let idle: Duration
    private let clock = ContinuousClock()
    /// Whether others leave room for one with these limits; nil until it is known: then none is made.
    private var hasRoom: (@Sendable (CgroupLimits) async -> Bool)?
    private var shelves: [PreparedKey: Shelf] = [:]
    /// The one that is being made.
    private var making: Making?
    private var filling: Task<Void, Never>?
    private var expiring: Task<Void, Never>?
    /// Above 0 none is made or kept.
    private var suspensions = 0

    private struct Shelf {
        /// The last two times.
        var asked: [ContinuousClock.Instant] = []
        /// The one that has waited longest is first.
        var standing: [StandingSandbox] = []
    }

    private struct Making {
        let key: PreparedKey
        /// Somebody who has asked for it meanwhile: it will stand sooner than one that is begun now.
        var claim: CheckedContinuation<StandingSandbox?, Never>?
    }

    /// The most keys of which is known when they were asked for.
    private static let keptKeys = 16

    package init(host: SandboxHost, cgroups: CgroupTree, idle: Duration = .seconds(10)) {
        self.host = host
        self.cgroups = cgroups
        self.idle = idle
    }

    /// From now on they may be made, when `hasRoom` says so.
    package func open(hasRoom: @escaping @Sendable (CgroupLimits) async -> Bool) {
        self.hasRoom = hasRoom
    }

    // MARK: For those who need one

    /// One that stands and in which nothing has run, with all that it has taken; nil when there is none.
    package func take(_ key: PreparedKey) async -> StandingSandbox? {
        note(key)
        while let first = shelves[key]?.standing.first {
            shelves[key]?.standing.removeFirst()
            if await first.sandbox.stands { return first }
            await end(first)
        }
        guard making?.key == key, making?.claim == nil else { return nil }
        return await withCheckedContinuation { making?.claim = $0 }
    }

    private func note(_ key: PreparedKey) {
        var shelf = shelves[key] ?? Shelf()
        shelf.asked = shelf.asked.suffix(1) + [clock.now]
        shelves[key] = shelf
        guard shelves.count > Self.keptKeys else { return }
        let oldest = shelves.filter { $0.value.standing.isEmpty && $0.key != key }
            .min { ($0.value.asked.last ?? clock.now) < ($1.value.asked.last ?? clock.now) }
        if let oldest { shelves[oldest.key] = nil }
    }

    /// Makes those that are likely to be asked for next; call it when whoever asked last has their answer.
    package func refill() {
        guard filling == nil else { return }
        filling = Task(name: "prepared") {
            await fill()
            filling = nil
        }
    }

    /// Runs what takes ids, cgroups or layers; when it fails, and some of them are kept here, they go and it is tried again.
    package nonisolated func yielding<Value>(
        to body: () async throws(SandboxError) -> Value
    ) async throws(SandboxError) -> Value {
        do throws(SandboxError) {
            return try await body()
        } catch {
            guard await drop() > 0 else { throw error }
            return try await body()
        }
    }

    /// How many stand.
    package var count: Int {
        get async {
            var count = 0
            for standing in shelves.values.flatMap(\.standing) where await standing.sandbox.stands { count += 1 }
            return count
        }
    }

    /// Whether none is being made.
    var isIdle: Bool { filling == nil }

    // MARK: For those who are in their way

    /// Ends all that stand; none is left when this returns.
    ///
    /// - Returns: how many there were.
    @discardableResult
    package func drop() async -> Int {
        suspensions += 1
        defer { suspensions -= 1 }
        await filling?.value
        var dropped: [StandingSandbox] = []
        for key in shelves.keys {
            dropped += shelves[key]?.standing ?? []
            shelves[key]?.standing = []
        }
        for standing in dropped { await end(standing) }
        return dropped.count
    }

    /// Runs what must not meet any, such as the removal of an image: none stands or is made meanwhile.
    package nonisolated func without<Value, Failure: Error>(
        _ body: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        await suspend()
        let outcome: Result<Value, Failure>
        do throws(Failure) {
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        await resume()
        return try outcome.get()
    }

    private func suspend() async {
        suspensions += 1
        await drop()
    }

    private func resume() { suspensions -= 1 }

    /// Ends all, for good.
    package func close() async {
        await suspend()
        expiring?.cancel()
        await expiring?.value
    }

    // MARK: Making and ending

    private func fill() async {
        while let hasRoom, let key = wanted(), await hasRoom(key.order.limits), suspensions == 0 {
            making = Making(key: key)
            let made = await make(key)
            let claim = making?.claim
            making = nil
            // What cannot be made is not tried again before it has been asked for twice.
            if made == nil { shelves[key] = nil }
            if let claim {
                claim.resume(returning: made)
                // The next one when that has been answered.
                return
            }
            guard let made else { continue }
            guard suspensions == 0, shelves[key] != nil, key.isCurrent else {
                await end(made)
                continue
            }
            shelves[key]?.standing.append(made)
            expireLater()
        }
    }

    /// The key that was asked for last, of those that are asked for again and again.
    private func wanted() -> PreparedKey? {
        guard suspensions == 0, shelves.values.reduce(0, { $0 + $1.standing.count }) < Self.inAll else { return nil }
        let since = clock.now - idle
        let candidates = shelves.filter { _, shelf in
            shelf.standing.count < Self.perKey && shelf.asked.count == 2 && shelf.asked[0] > since
        }
        return candidates.max { $0.value.asked[1] < $1.value.asked[1] }?.key
    }

    private func make(_ key: PreparedKey) async -> StandingSandbox? {
        guard key.isCurrent, let identity = try? host.takeIdentity(for: key.order.form.image) else { return nil }
        let name = "prepared-\(UInt32.random(in: 0 ... .max))"
        return try? await host.stand(key.order, as: identity, in: cgroups, named: name)
    }

    private func end(_ standing: StandingSandbox) async {
        await standing.sandbox.destroy()
        try? await host.giveBack(standing)
    }

    private func expireLater() {
        guard expiring == nil else { return }
        expiring = Task(name: "prepared") {
            while let time = nextExpiry(), (try? await Task.sleep(until: time, clock: clock)) != nil { await expire() }
            expiring = nil
        }
    }

    private func nextExpiry() -> ContinuousClock.Instant? {
        shelves.values.filter { !$0.standing.isEmpty }.compactMap(\.asked.last).min().map { $0 + idle }
    }

    private func expire() async {
        let latest = clock.now - idle
        let old = shelves.filter { ($0.value.asked.last ?? latest) <= latest }
        // All at once: nobody is given one that is being ended.
        for key in old.keys { shelves[key] = nil }
        for standing in old.values.flatMap(\.standing) { await end(standing) }
    }
}
