/// How long a job will take yet, when trials take as long as they did so far and as many run at a time as now.
struct TimeLeft: Sendable, Equatable {
    /// Of the ended trials; nil before the first.
    var meanSeconds: Double?
    var waiting: Int
    /// For how long each running trial has run.
    var running: [Double]

    /// nil when nothing can be said: no trial has ended, or none runs though some wait.
    var seconds: Double? {
        guard let meanSeconds, waiting == 0 || !running.isEmpty else { return nil }
        guard !running.isEmpty else { return 0 }
        let begun = running.map { max(0, meanSeconds - $0) }
        let work = begun.reduce(0, +) + Double(waiting) * meanSeconds
        // Nothing ends before the longest of what runs.
        return max(work / Double(running.count), begun.max() ?? 0)
    }
}
