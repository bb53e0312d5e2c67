import Client
import CommandLineKit
import FoundationEssentials
import Glibc
import Linux
import Tasks
import Wire

struct ExportOptions: SharingOptions {
    var shared = SharedOptions()
    var subject = ""
    var directory = ""
}

extension Command {
    static let export = Command(
        "export",
        "Writes a trial or a job in Harbor's layout, with the trajectory as ATIF.",
        values: ExportOptions(),
        parameters: [
            .argument("TRIAL|JOB", to: \.subject, "A trial's name or unique beginning, or a job's name."),
            .argument("DIR", to: \.directory, "Where the job directory is made."),
        ] + ExportOptions.sharedParameters,
        examples: [.init("executorctl export hello-world__3fK results", "Make results/JOB/TRIAL/...")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let params = try ExportVerb.subject(options.subject, connection)
        let result = try ExportVerb.run(params, into: options.directory, connection)
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            let path = options.directory + "/" + result.directory
            Terminal.output.print([Line("\(path): \(Figures.count(result.trials, "trial"))")])
        }
        return ExitStatus.done
    }
}

enum ExportVerb {
    /// A trial if there is one of that name, else the job.
    static func subject(_ name: String, _ connection: Connection) throws -> TrialExport.Params {
        do {
            let trial = try connection.call(TrialGet.self, .init(trial: name)).summary.trial
            return TrialExport.Params(trials: [trial])
        } catch ClientError.refused(let error) where error.code == ErrorCode.notFound.rawValue {
            return TrialExport.Params(trials: [], job: name)
        }
    }

    /// The tar stream is unpacked while it comes; the daemon's own error counts more than a stream cut short by it.
    static func run(
        _ params: TrialExport.Params,
        into directory: String,
        _ connection: Connection
    ) throws -> TrialExport.Result {
        guard mkdir(directory, 0o777) == 0 || errno == EEXIST, let place = FileNames.canonical(directory) else {
            throw OperationError(
                cause: "\(directory): \(errorText(errno))",
                remedy: "name a directory whose parent exists"
            )
        }
        var params = params
        params.destination = place
        // Unpacked beside its place, so that what is there is whole or not there.
        let partial = place + "/.export-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: partial) }
        var pipe = try Pipe()
        guard let readEnd = pipe.readEnd.take(), let writeEnd = pipe.writeEnd.take() else {
            throw OperationError(cause: "a pipe without ends")
        }
        let pending = try connection.begin(TrialExport.self, params, descriptors: [writeEnd.raw])
        _ = consume writeEnd
        let unpacked = Result { try TreeArchive.unpack(from: readEnd.raw, to: partial, limits: .results) }
        _ = consume readEnd
        let result = try connection.finish(pending)
        try unpacked.get()
        guard rename(partial + "/" + result.directory, place + "/" + result.directory) == 0 else {
            throw OperationError(
                cause: "\(place)/\(result.directory): \(errorText(errno))",
                remedy: "export into another directory, or remove the older export"
            )
        }
        return result
    }
}
