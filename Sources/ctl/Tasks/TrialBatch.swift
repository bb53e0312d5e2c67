import Client
import CommandLineKit
import Wire

/// The trials of one `run` or `submit`: what was accepted and what was not.
struct TrialBatch {
    /// A task that did not become a trial, and why.
    struct Refusal: Encodable, Sendable {
        var task: String
        var agent: String
        var message: String
        var remedy: String?
    }
    /// A trial that the daemon has promised to run.
    struct Accepted: Sendable {
        var trial: String
        var task: String
    }

    let agent: AgentSpec
    private(set) var job: String?
    private(set) var accepted: [Accepted] = []
    private(set) var refused: [Refusal] = []

    /// Uploads and submits every task; one that is refused does not hold up the others.
    init(_ options: TrialOptions, tasks: [String], agent: AgentSpec, connection: Connection, attached: Bool) throws {
        self.agent = agent
        for task in tasks {
            do {
                try submit(task, options, connection, attached)
            } catch ClientError.refused(let error) {
                refuse(task, error.message, error.data.remedy)
            } catch let error as OperationError {
                refuse(task, error.cause, error.remedy)
            }
        }
    }

    private mutating func submit(
        _ path: String,
        _ options: TrialOptions,
        _ connection: Connection,
        _ attached: Bool
    ) throws {
        let task = try TaskUploader(connection: connection).upload(path)
        let configuration = try options.configuration(task, path: path, agent: agent, connection)
        let params = TrialSubmit.Params(
            configuration: configuration,
            templates: TaskUploader.templates(task.templateVariables),
            attached: attached,
            job: job
        )
        let builder = ImageBuilder(connection: connection, showsProgress: true)
        let result = try builder.building(task, allowUnenforced: configuration.allowUnenforced) {
            try connection.call(TrialSubmit.self, params)
        }
        job = result.job
        accepted.append(Accepted(trial: result.trial, task: task.name))
        for warning in Set(task.warnings + result.warnings).sorted() {
            Terminal.error.print([Line("\(path): warning: ", .yellow) + Line(warning)])
        }
    }

    private mutating func refuse(_ task: String, _ message: String, _ remedy: String?) {
        refused.append(Refusal(task: task, agent: agent.displayName, message: message, remedy: remedy))
        Terminal.error.print([Line("\(task): refused: ", .yellow) + Line(message)])
        if let remedy { Terminal.error.print([Line("  remedy: " + remedy)]) }
    }
}
