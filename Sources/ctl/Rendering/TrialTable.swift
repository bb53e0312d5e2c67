import CommandLineKit
import Wire

/// Trials as rows.
enum TrialTable {
    /// The end of `run`: task, agent, verdict, reward, actions, time.
    static func results(_ trials: [TrialSummary], refused: [TrialBatch.Refusal]) -> Table {
        var table = Table([
            .init("TASK", shrinks: true), .init("AGENT"), .init("VERDICT"), .init("REWARD", .right),
            .init("ACTIONS", .right), .init("TIME", .right),
        ])
        for trial in trials {
            table.append([
                .init(trial.task), .init(trial.agent), verdict(trial), .init(Figures.reward(trial.reward)),
                "\(trial.actions)", .init(Figures.duration(trial.startedAt, trial.finishedAt)),
            ])
        }
        for refusal in refused {
            table.append([.init(refusal.task), .init(refusal.agent), .init("refused", .yellow), "-", "-", "-"])
        }
        return table
    }

    /// `list`: the newest first, with the names that other verbs take.
    static func list(_ trials: [TrialSummary]) -> Table {
        var table = Table([
            .init("TRIAL", shrinks: true), .init("AGENT"), .init("STATE"), .init("REWARD", .right),
            .init("ACTIONS", .right), .init("TIME", .right), .init("SUBMITTED (UTC)"),
        ])
        for trial in trials {
            table.append([
                .init(trial.trial), .init(trial.agent), verdict(trial), .init(Figures.reward(trial.reward)),
                "\(trial.actions)", .init(Figures.duration(trial.startedAt, trial.finishedAt)),
                .init(Figures.moment(trial.submittedAt)),
            ])
        }
        return table
    }

    /// The verdict; without one the phase, with the reason when it is known.
    static func verdict(_ trial: TrialSummary) -> Table.Cell {
        if let outcome = trial.outcome { return .init(outcome.rawValue, VerdictLines.style(outcome)) }
        let isBad = trial.phase.isTerminal
        return .init(trial.exception ?? trial.phase.rawValue, isBad ? .yellow : nil)
    }
}
