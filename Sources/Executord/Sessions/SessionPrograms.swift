import Glibc
import Reactor
import Sandbox
import SandboxPlan
import Wire

/// Programs that a session runs.
extension LiveSession {
    /// Starts a program and sees to its record; one that could not be started is recorded as that.
    ///
    /// `input` is its stdin; `keepsInput` leaves stdin open for `action.input` instead.
    func start(_ program: ProgramRequest, input: SharedDescriptor?, keepsInput: Bool) async throws -> Action {
        var request = try actionRequest(program)
        if program.stdin != nil || input != nil { request.hasInput = true }
        let output = try ActionOutputs.captured(program)
        let kept = output.keptBytes
        try reserve(kept)
        do {
            try enter()
        } catch {
            release(kept)
            throw error
        }
        do {
            var action = session.action(for: request)
            action.output = output
            if let socket = innerSocket { action.environment["EXECUTORD_SOCKET"] = socket }
            let input = try program.stdin.map { SharedDescriptor(adopting: try inMemory($0.bytes)) } ?? input
            if let raw = input?.raw {
                action.input = .descriptor(raw)
            } else if keepsInput {
                action.input = .pipe
            }
            let begun = session.draft(request, phase: .agent)
            async let stored: Void = session.begin(begun)
            let (live, started): (LiveAction, SandboxAction)
            do throws(SandboxError) {
                (live, started) = (try await session.sandbox.start(action), action)
            } catch {
                try await stored
                let record = try await session.fail(begun, error)
                ended(record)
                release(kept)
                leave()
                return .ended(record)
            }
            // The program has its own copy of it by now.
            withExtendedLifetime(input) {}
            do {
                try await stored
            } catch {
                // What is not recorded does not run.
                await live.end()
                throw error
            }
            let recorded = Task.immediate(name: "action") {
                defer {
                    self.release(kept)
                    self.leave()
                }
                let result = await live.wait()
                var begun = begun
                if live.hadInput { begun.request.hasInput = true }
                let record = try await self.session.complete(begun, result, of: started)
                self.ended(record)
                return record
            }
            let running = RunningAction(number: begun.number, live: live, recorded: recorded)
            await add(running)
            return .running(running)
        } catch {
            release(kept)
            leave()
            throw error
        }
    }

    private func actionRequest(_ program: ProgramRequest) throws(WireError) -> ActionRequest {
        let argv: [String]
        switch (program.argv, program.shell) {
        case (let words?, nil) where words.first?.isEmpty == false: argv = words
        case (nil, let command?): argv = ActionRequest.shellArgv(command)
        case (.some, nil): throw WireError(.invalidParams, "argv names no program")
        default: throw WireError(.invalidParams, "give one of 'argv' and 'shell'")
        }
        try SubmissionRules.checkSeconds(program.timeoutSeconds, "timeoutSeconds")
        return ActionRequest(
            argv: argv,
            shell: program.shell,
            cwd: program.cwd.map { absolute($0) },
            environment: program.environment ?? [:],
            user: program.user,
            timeoutSeconds: program.timeoutSeconds
        )
    }

    /// Relative paths begin at the working directory.
    func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        let base = session.settings.workingDirectory
        return base.hasSuffix("/") ? base + path : base + "/" + path
    }
}
