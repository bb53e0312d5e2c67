import Trajectory
import Wire

/// Lets the configured distiller read the trials of a job that has ended.
///
/// Whatever becomes of it, the job has ended before and stays as it is.
struct AfterJob: Sendable {
    let trials: TrialService
    let plugin: String

    private var services: TrialServices { trials.services }

    /// Records the outcome with the job; nothing where the job has nothing to learn from.
    func run(_ job: Int, uuid: String, name: String) async {
        do {
            guard let outcome = try await outcome(uuid) else { return }
            try await services.store.recordDistillation(outcome, job: job)
            if let failure = outcome.failure {
                Log.warning("job \(name): \(plugin) learnt nothing of it: \(failure)")
            } else {
                let filed = outcome.filed.isEmpty ? "nothing" : outcome.filed.joined(separator: ", ")
                Log.info("job \(name): \(plugin) read \(outcome.trials) trials and filed \(filed)")
            }
        } catch {
            Log.error("job \(name): what \(plugin) made of it could not be recorded: \(error)")
        }
    }

    private func outcome(_ uuid: String) async throws -> JobDistillation? {
        let params = SkillDistill.Params(plugin: plugin, from: [uuid])
        var outcome = JobDistillation(plugin: plugin, at: .now())
        do {
            let user = try await services.store.resolveJob(uuid, visibleTo: nil).owner
            let run = DistillationRun(trials: trials, owner: nil, user: user, readsStudents: false)
            guard try await run.hasSomethingToLearn(params) else { return nil }
            let chosen = try await ChosenDistiller(params, uploaded: nil, services: services)
            let result = try await run.run(params, by: chosen)
            outcome.trials = result.trials
            outcome.filed = result.proposals.compactMap(\.filed)
            outcome.refused = result.proposals.compactMap(\.refused)
        } catch is CancellationError {
            outcome.failure = "the daemon was stopped meanwhile"
        } catch {
            outcome.failure = WireError(describing: error).description
        }
        outcome.at = .now()
        return outcome
    }
}
