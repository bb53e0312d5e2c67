import CommandLineKit
import Wire

/// Jobs and their tasks as rows.
enum JobTable {
    /// `job list`.
    static func list(_ jobs: [JobSummary]) -> Table {
        var table = Table([
            .init("JOB", shrinks: true), .init("STATE"), .init("AGENT"), .init("DONE", .right), .init("MEAN", .right),
            .init("PASSED", .right), .init("FAILED", .right), .init("OTHER", .right), .init("CREATED (UTC)"),
        ])
        for job in jobs {
            let progress = job.progress
            table.append([
                .init(job.job), state(job.state), .init(job.agent), "\(progress.ended)/\(progress.total)",
                .init(Figures.reward(progress.meanReward)), "\(progress.passed)", "\(progress.failed)",
                "\(progress.ended - progress.passed - progress.failed)", .init(Figures.moment(job.createdAt)),
            ])
        }
        return table
    }

    /// A row for each task of a job.
    static func tasks(_ statistics: JobStatistics) -> Table {
        // One column for the chance of all attempts together; the lines below the table have every k.
        let ks = statistics.overall.passAtK.map(\.k).suffix(1).filter { $0 > 1 }
        var table = Table(
            [
                .init("TASK", shrinks: true), .init("TRIALS", .right), .init("PASSED", .right),
                .init("FAILED", .right), .init("UNVERIFIABLE", .right), .init("ERRORS", .right), .init("MEAN", .right),
            ] + ks.map { .init("PASS@\($0)", .right) }
        )
        for task in statistics.tasks {
            let figures = task.figures
            let chances = ks.map { k in
                Table.Cell(Figures.reward(figures.passAtK.first { $0.k == k }?.chance))
            }
            table.append(
                [
                    .init(task.task), "\(figures.trials)", "\(figures.passed)", "\(figures.failed)",
                    "\(figures.unverifiable)", "\(figures.exceptions.values.reduce(0, +))",
                    .init(Figures.reward(figures.mean)),
                ] + chances
            )
        }
        return table
    }

    static func state(_ state: JobState) -> Table.Cell {
        switch state {
        case .running, .finished: .init(state.rawValue)
        case .cancelled, .interrupted: .init(state.rawValue, .yellow)
        }
    }
}
