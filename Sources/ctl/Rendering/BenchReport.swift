import CommandLineKit
import Wire

/// What `bench` measured.
struct BenchReport: Encodable {
    struct Measure: Encodable {
        var name: String
        var milliseconds: [Double] = []

        var median: Double { quantile(0.5) }
        var p95: Double { quantile(0.95) }

        /// The nearest value from below; 0 without values.
        private func quantile(_ share: Double) -> Double {
            let sorted = milliseconds.sorted()
            return sorted.isEmpty ? 0 : sorted[Int(Double(sorted.count - 1) * share)]
        }

        private enum CodingKeys: String, CodingKey { case name, median, p95 }

        func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(name, forKey: .name)
            try values.encode(median, forKey: .median)
            try values.encode(p95, forKey: .p95)
        }
    }

    var concurrency: Int
    /// From the first request to the last answer.
    var seconds = 0.0
    /// From request to answer, in milliseconds.
    var whole = Measure(name: "whole")
    /// The same with a sandbox that stood prepared.
    var prepared = Measure(name: "from prepared")
    var stages = LaunchStage.Name.allCases.map { Measure(name: $0.rawValue) }

    init(concurrency: Int) { self.concurrency = concurrency }

    /// Waits for the oldest of the calls.
    mutating func add<Call, Failure: Error>(
        first calls: inout [(begun: ContinuousClock.Instant, call: Call)],
        _ finish: (Call) throws(Failure) -> [LaunchStage]
    ) throws(Failure) {
        let (begun, call) = calls.removeFirst()
        let stages = try finish(call)
        whole.milliseconds.append((ContinuousClock.now - begun) / .milliseconds(1))
        for stage in stages { add(stage) }
    }

    /// One that took `duration`; another launch came first when there is no such stage.
    mutating func add(prepared duration: Duration, _ stages: [LaunchStage]) {
        guard let stage = stages.first(where: { $0.name == .prepared }) else { return }
        prepared.milliseconds.append(duration / .milliseconds(1))
        add(stage)
    }

    private mutating func add(_ stage: LaunchStage) {
        for index in stages.indices where stages[index].name == stage.name.rawValue {
            stages[index].milliseconds.append(stage.milliseconds)
        }
    }

    func table(stages shown: Bool) -> Table {
        var table = Table([.init("STAGE"), .init("MEDIAN", .right), .init("P95", .right)])
        for measure in (shown ? stages : []) + [whole] + (prepared.milliseconds.isEmpty ? [] : [prepared]) {
            table.append([
                .init(measure.name), "\(Figures.decimal(measure.median, places: 2)) ms",
                "\(Figures.decimal(measure.p95, places: 2)) ms",
            ])
        }
        return table
    }

    var sentence: String {
        let count = whole.milliseconds.count
        let rate = seconds > 0 ? Double(count) / seconds : 0
        return "\(Figures.count(count, "sandbox", "sandboxes")), \(concurrency) at a time: "
            + "\(Figures.decimal(rate, places: 0)) a second"
    }
}
