import Reactor
import Sandbox
import Trajectory
import Wire

/// `job.*` and `store.collect`: connects the protocol's words to the trial service and the store.
struct JobRoutes: Sendable {
    let trials: TrialService
    let services: TrialServices
    let collector: Collector

    private var store: Store { services.store }
    /// No watcher is told more often, but for the end: a large job's figures cost some milliseconds.
    private static let watchInterval: Duration = .milliseconds(500)

    var routes: [Route] {
        [
            Route(JobCreate.self) { params, caller in try await trials.createJob(params, owner: caller.user) },
            Route(JobList.self) { params, caller in
                let (jobs, total) = try await store.jobs(
                    limit: min(max(params.limit, 1), 1000),
                    visibleTo: caller.visibleOwner
                )
                return JobList.Result(jobs: jobs, total: total)
            },
            Route(JobGet.self) { params, caller in
                try await store.jobDetail(try await store.resolveJob(params.job, visibleTo: caller.visibleOwner).id)
            },
            Route(JobCancel.self) { params, caller in
                let job = try await store.resolveJob(params.job, visibleTo: caller.visibleOwner)
                guard await trials.isOpen(job.id) else {
                    throw WireError(.conflict, "job \(job.name) has ended: nothing to cancel")
                }
                try await trials.cancelJob(job.id)
                return try await store.jobSummary(job.id)
            },
            Route(JobResume.self) { params, caller in
                let job = try await store.resolveJob(params.job, visibleTo: caller.visibleOwner)
                let count = try await trials.resumeJob(job, templates: params.templates)
                return JobResume.Result(trials: count, summary: try await store.jobSummary(job.id))
            },
            Route(StoreCollect.self) { params, caller in
                guard caller.isAdministrator else {
                    throw WireError(.forbidden, "only root, the daemon's own user and administrators may remove files")
                }
                return try await services.prepared.without { try await collector.collect(params) }
            },
            Route(JobWatch.self) { params, caller, _ in
                let job = try await store.resolveJob(params.job, visibleTo: caller.visibleOwner)
                // Watched from now on: what happens between the reply and the first read is not missed.
                let changes = services.jobFeed.watch("\(job.id)")
                let summary = try await store.jobSummary(job.id)
                return Answer(JobWatch.Result(summary: summary)) { await follow(job, changes, caller.connection) }
            },
        ]
    }

    private func follow(_ job: JobRow, _ changes: AsyncStream<Void>, _ client: ClientConnection) async {
        do {
            for await _ in changes {
                // Asked before the figures are read: of a job that is not open they are the last ones.
                let isLast = await !trials.isOpen(job.id)
                let summary = try await store.jobSummary(job.id)
                let news = JobProgressNotification.Params(id: job.uuid, summary: summary, isLast: isLast)
                guard await client.notify(JobProgressNotification.self, news), !isLast else { return }
                await pause(in: job)
                try Task.checkCancellation()
            }
        } catch is CancellationError {
            return
        } catch {
            Log.error("watching job \(job.name): \(error)")
        }
    }

    /// Until a watcher may be told again, or nothing of the job is open any more.
    private func pause(in job: JobRow) async {
        let changes = services.jobFeed.watch("\(job.id)")
        guard await trials.isOpen(job.id) else { return }
        _ = await withDeadline(Self.watchInterval) {
            for await _ in changes where await !trials.isOpen(job.id) { return }
        }
    }
}
