package import Wire

extension Connection {
    /// Shows how far a job is, until nothing of it runs or waits.
    ///
    /// Returns the job's last state.
    package func watchJob(_ job: String, each: (JobSummary) throws -> Void) throws -> JobSummary {
        let started = try call(JobWatch.self, .init(job: job)).summary
        while true {
            let news = try next(JobProgressNotification.self)
            guard news.id == started.id else { continue }
            try each(news.summary)
            if news.isLast { return news.summary }
        }
    }
}
