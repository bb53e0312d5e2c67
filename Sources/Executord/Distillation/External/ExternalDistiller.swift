import Distillation
import Sandbox
import Skills
import Wire

/// A distiller outside this process: any program that reads a request and prints a response, in a sandbox of its own.
///
/// Each call has a fresh sandbox without a network and without anything of this host but the image and the program: what it
/// answers is checked like every answer, so that nobody needs to trust it.
struct ExternalDistiller: Distiller {
    let program: DistillerProgram
    let info: DistillerInfo
    private let services: TrialServices

    /// Asks the program what it is, by `--describe`.
    init(_ program: DistillerProgram, services: TrialServices) async throws {
        self.program = program
        self.services = services
        let run = DistillerRun(program: program, services: services)
        let call = "\(program.command.joined(separator: " ")) --describe"
        let output = try await run.output(of: ["--describe"], input: [], place: call) { _ in }
        do {
            info = try WireJSON.decode(DistillerInfo.self, from: output.stdout)
        } catch {
            throw output.failure(
                "what it printed is no description: \(WireError.sentence(for: error))",
                remedy: #"print {"name": "…", "version": "…", "capabilities": {…}}, see docs/distillation.md"#
            )
        }
        guard !info.capabilities.needsModel, !info.capabilities.needsRaw else {
            throw output.failure(
                info.capabilities.needsModel ? "it needs a model, and gets no network" : "it needs outputs in full",
                remedy: "a program that works with what a request has"
            )
        }
    }

    func distill(_ request: DistillRequest, context: DistillContext) async throws -> DistillResponse {
        let run = DistillerRun(program: program, services: services)
        let place = "\(program.command.joined(separator: " ")) on \(request.scope.family ?? "the library")"
        let output = try await run.output(of: [], input: try WireJSON.encode(request), place: place) { progress in
            await context.progress(progress)
        }
        do {
            var response = try WireJSON.decode(DistillResponse.self, from: output.stdout)
            // No program can pass for another: what it calls itself is only told.
            let claimed = SkillLint.isName(info.name) ? info.name : "unnamed"
            response.plugin.name = program.name == Self.uploadedName ? "exec/\(claimed)" : program.name
            return response
        } catch {
            throw output.failure(
                "what it printed is no response: \(WireError.sentence(for: error))",
                remedy: "python3 docs/schemas/validate.py FILE names what is wrong"
            )
        }
    }

    /// Of the program that comes with a call.
    static let uploadedName = "exec"
}
