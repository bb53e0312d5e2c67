import CommandLineKit
import Wire

/// Everything about one job.
enum JobLines {
    static func print(_ detail: JobDetail, to terminal: Terminal) {
        terminal.print(head(detail.summary, detail.plan) + [Line("")])
        terminal.write(JobTable.tasks(detail.statistics).render(for: terminal))
        terminal.print(
            [Line("")] + figures(detail.statistics)
                + (detail.distillation.map { [distillation($0)] } ?? []) + hints(detail.summary)
        )
    }

    static func head(_ job: JobSummary, _ plan: JobPlan) -> [Line] {
        var lines = [
            Line(job.job, .bold) + Line("  \(job.id)", .dim),
            field("state", job.state.rawValue),
            field("agent", job.agent),
            field(
                "trials",
                "\(Figures.count(job.tasks, "task")), \(Figures.count(job.attempts, "attempt"))"
                    + ", at most \(job.concurrency) at a time"
            ),
            field("created", Figures.moment(job.createdAt) + " UTC"),
        ]
        if let end = job.endedAt { lines.append(field("took", Figures.duration(job.createdAt, end))) }
        if plan.retry.maximum > 0 { lines.append(field("retries", "at most \(plan.retry.maximum) of each trial")) }
        lines.append(Line("  " + Layout.pad("progress", to: 11), .dim) + progress(job.progress))
        return lines
    }

    /// What was learnt of it.
    static func distillation(_ distillation: JobDistillation) -> Line {
        let text: String
        if let failure = distillation.failure {
            text = "\(distillation.plugin) learnt nothing: \(failure)"
        } else {
            let filed = distillation.filed.isEmpty ? "nothing" : distillation.filed.joined(separator: ", ")
            let refused = distillation.refused.isEmpty ? "" : ", \(distillation.refused.count) refused"
            text =
                "\(distillation.plugin) read \(Figures.count(distillation.trials, "trial")), filed \(filed)\(refused)"
        }
        return field("distilled", text)
    }

    /// Mean, interval and pass@k, and what stands beside them.
    static func figures(_ statistics: JobStatistics) -> [Line] {
        let overall = statistics.overall
        var lines: [Line] = []
        if let mean = overall.mean {
            let judged = Figures.count(overall.passed + overall.failed, "judged trial")
            lines.append(field("mean", "\(Figures.reward(mean)) of \(judged)\(interval(overall.interval))"))
        }
        for pass in overall.passAtK where pass.k > 1 || overall.passAtK.count > 1 {
            lines.append(
                field("pass@\(pass.k)", "\(Figures.reward(pass.chance)) over \(Figures.count(pass.tasks, "task"))")
            )
        }
        if overall.unverifiable > 0 { lines.append(field("beside it", "\(overall.unverifiable) unverifiable")) }
        for (exception, count) in overall.exceptions.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
            lines.append(field(exception, "\(count)"))
        }
        if let mean = statistics.harborMean, mean != overall.mean {
            lines.append(field("Harbor's", "\(Figures.reward(mean)): its mean, with 0 for trials without a reward"))
        }
        return lines
    }

    /// One line: how many of how many, the mean, what they ended with, what is left.
    static func progress(_ progress: JobProgress) -> Line {
        var parts = ["\(progress.ended)/\(progress.total)"]
        if let mean = progress.meanReward { parts.append("mean \(Figures.reward(mean))") }
        parts.append("\(progress.passed) passed, \(progress.failed) failed, \(progress.unverifiable) unverifiable")
        let others = [
            (progress.errored, "errored"), (progress.cancelled, "cancelled"), (progress.interrupted, "interrupted"),
            (progress.retries, "tried again"), (progress.running, "running"),
        ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
        if !others.isEmpty { parts.append(others.joined(separator: ", ")) }
        if progress.ended < progress.total, let left = progress.secondsLeft {
            parts.append(Figures.duration(seconds: left) + " left")
        }
        return Line(parts.joined(separator: "  "))
    }

    private static func interval(_ interval: JobStatistics.Interval?) -> String {
        guard let interval else { return "" }
        let name =
            switch interval.method {
            case .wilson: "Wilson"
            case .clusteredNormal: "normal, clustered by task"
            }
        return ", 95 % interval \(Figures.reward(interval.low)) to \(Figures.reward(interval.high)) (\(name))"
    }

    private static func hints(_ job: JobSummary) -> [Line] {
        var hints = ["Its trials: executorctl list --job \(job.job)"]
        let isCut = job.progress.cancelled + job.progress.interrupted + job.progress.errored > 0
        if job.state != .running, isCut { hints.append("Try them again: executorctl job resume \(job.job)") }
        return [Line("")] + hints.map { Line($0) }
    }

    private static func field(_ name: String, _ value: String) -> Line {
        Line("  " + Layout.pad(name, to: 11) + (name.count > 10 ? " " : ""), .dim) + Line(value)
    }
}
