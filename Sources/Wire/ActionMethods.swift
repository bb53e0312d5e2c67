/// Runs one program in the session's sandbox, to its end.
///
/// One descriptor may be passed: the program's stdin.
package enum ActionExec: Method {
    package static let name = "action.exec"
    package typealias Params = ProgramRequest
    package typealias Result = ActionOutcome
}

/// Starts one program in the background; answered once it runs.
package enum ActionStart: Method {
    package static let name = "action.start"
    package typealias Params = ProgramRequest
    package struct Result: Codable, Sendable {
        package var action: Int
        package init(action: Int) { self.action = action }
    }
}

/// What an agent asks to run: exactly one of `argv` and `shell`; nil is the session's.
package struct ProgramRequest: Codable, Sendable {
    package var session: String?
    package var argv: [String]?
    package var shell: String?
    package var cwd: String?
    package var environment: [String: String]?
    package var user: String?
    /// nil is empty (`action.exec`), or open for `action.input` (`action.start`).
    package var stdin: ByteContent?
    package var timeoutSeconds: Double?
    /// How much is kept of each stream: half from its beginning, half from its end.
    package var outputBytes: Int?
    /// stderr goes into stdout, in the order of writing.
    package var merge: Bool?
    /// `action.data` notifications tell output as it comes.
    package var live: Bool?
    package var terminal: TerminalSize?

    package init(
        session: String?,
        argv: [String]? = nil,
        shell: String? = nil,
        cwd: String? = nil,
        environment: [String: String]? = nil,
        user: String? = nil,
        stdin: ByteContent? = nil,
        timeoutSeconds: Double? = nil,
        outputBytes: Int? = nil,
        merge: Bool? = nil,
        live: Bool? = nil,
        terminal: TerminalSize? = nil
    ) {
        self.session = session
        self.argv = argv
        self.shell = shell
        self.cwd = cwd
        self.environment = environment
        self.user = user
        self.stdin = stdin
        self.timeoutSeconds = timeoutSeconds
        self.outputBytes = outputBytes
        self.merge = merge
        self.live = live
        self.terminal = terminal
    }
}

/// A terminal's size in characters.
package struct TerminalSize: Codable, Sendable, Hashable {
    package var rows: Int
    package var columns: Int
    package init(rows: Int, columns: Int) {
        self.rows = rows
        self.columns = columns
    }
}

/// How a program ended and what it printed, as far as a frame holds it.
package struct ActionOutcome: Codable, Sendable {
    package var action: Int
    package var exit: ActionExit
    package var cost: ActionCost
    package var stdout: OutputPiece
    package var stderr: OutputPiece
    package init(action: Int, exit: ActionExit, cost: ActionCost, stdout: OutputPiece, stderr: OutputPiece) {
        self.action = action
        self.exit = exit
        self.cost = cost
        self.stdout = stdout
        self.stderr = stderr
    }
}

/// A piece of a stream: at most 256 KiB of what is kept of it.
package struct OutputPiece: Codable, Sendable, Hashable {
    package var content: ByteContent
    /// Where the piece begins in the stream; beyond what was asked for where bytes were dropped.
    package var offset: Int
    /// All that was printed so far, kept or not.
    package var totalBytes: Int
    package var omittedBytes: Int
    /// Where to go on; nil when that was all and the stream has ended.
    package var nextOffset: Int?
    /// `action.output` only: how the action ended, if it has.
    package var exit: ActionExit?

    package init(
        content: ByteContent,
        offset: Int,
        totalBytes: Int,
        omittedBytes: Int,
        nextOffset: Int?,
        exit: ActionExit? = nil
    ) {
        self.content = content
        self.offset = offset
        self.totalBytes = totalBytes
        self.omittedBytes = omittedBytes
        self.nextOffset = nextOffset
        self.exit = exit
    }

    private enum Key: String, CodingKey {
        case offset, totalBytes, omittedBytes, nextOffset, exit
    }

    package init(from decoder: any Decoder) throws {
        content = try ByteContent(from: decoder)
        let values = try decoder.container(keyedBy: Key.self)
        offset = try values.decode(Int.self, forKey: .offset)
        totalBytes = try values.decode(Int.self, forKey: .totalBytes)
        omittedBytes = try values.decode(Int.self, forKey: .omittedBytes)
        nextOffset = try values.decodeIfPresent(Int.self, forKey: .nextOffset)
        exit = try values.decodeIfPresent(ActionExit.self, forKey: .exit)
    }

    package func encode(to encoder: any Encoder) throws {
        try content.encode(to: encoder)
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(offset, forKey: .offset)
        try values.encode(totalBytes, forKey: .totalBytes)
        try values.encode(omittedBytes, forKey: .omittedBytes)
        try values.encodeIfPresent(nextOffset, forKey: .nextOffset)
        try values.encodeIfPresent(exit, forKey: .exit)
    }
}

/// The output of a running or ended action from an offset on.
package enum ActionOutput: Method {
    package static let name = "action.output"
    package struct Params: Codable, Sendable {
        package var session: String?
        package var action: Int
        /// `stdout` or `stderr`; nil is stdout.
        package var stream: String?
        package var offset: Int?
        /// Answered only when there is something from `offset` on, or the action has ended.
        package var wait: Bool?
        package init(session: String?, action: Int, stream: String? = nil, offset: Int? = nil, wait: Bool? = nil) {
            self.session = session
            self.action = action
            self.stream = stream
            self.offset = offset
            self.wait = wait
        }
    }
    package typealias Result = OutputPiece
}

/// An action of a session.
package struct ActionReference: Codable, Sendable {
    package var session: String?
    package var action: Int
    package init(session: String?, action: Int) {
        self.session = session
        self.action = action
    }
}

/// Waits for the end of a started action.
package enum ActionWait: Method {
    package static let name = "action.wait"
    package typealias Params = ActionReference
    package typealias Result = ActionOutcome
}

/// Ends a running action: `KILL` its whole tree, another signal its first process group.
package enum ActionKill: Method {
    package static let name = "action.kill"
    package struct Params: Codable, Sendable {
        package var session: String?
        package var action: Int
        /// `KILL` (nil), `TERM`, `INT`, `HUP`, `QUIT`, `USR1`, `USR2`, `STOP` or `CONT`.
        package var signal: String?
        package init(session: String?, action: Int, signal: String? = nil) {
            self.session = session
            self.action = action
            self.signal = signal
        }
    }
    package typealias Result = Empty
}

/// Writes to a running action's stdin or terminal.
package enum ActionInput: Method {
    package static let name = "action.input"
    package struct Params: Codable, Sendable {
        package var session: String?
        package var action: Int
        package var content: ByteContent?
        /// Closes stdin afterwards.
        package var end: Bool?
        package init(session: String?, action: Int, content: ByteContent?, end: Bool? = nil) {
            self.session = session
            self.action = action
            self.content = content
            self.end = end
        }

        private enum Key: String, CodingKey { case session, action, end }

        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            session = try values.decodeIfPresent(String.self, forKey: .session)
            action = try values.decode(Int.self, forKey: .action)
            end = try values.decodeIfPresent(Bool.self, forKey: .end)
            content = try ByteContent(ifPresentIn: decoder)
        }

        package func encode(to encoder: any Encoder) throws {
            try content?.encode(to: encoder)
            var values = encoder.container(keyedBy: Key.self)
            try values.encodeIfPresent(session, forKey: .session)
            try values.encode(action, forKey: .action)
            try values.encodeIfPresent(end, forKey: .end)
        }
    }
    package typealias Result = Empty
}

/// Tells a running action its terminal's new size.
package enum ActionResize: Method {
    package static let name = "action.resize"
    package struct Params: Codable, Sendable {
        package var session: String?
        package var action: Int
        package var rows: Int
        package var columns: Int
        package init(session: String?, action: Int, rows: Int, columns: Int) {
            self.session = session
            self.action = action
            self.rows = rows
            self.columns = columns
        }
    }
    package typealias Result = Empty
}

/// A `live` action runs: its number, before any of its output.
package enum ActionStarted: NotificationKind {
    package static let name = "action.started"
    package struct Params: Codable, Sendable {
        package var trial: String
        package var action: Int
        package init(trial: String, action: Int) {
            self.trial = trial
            self.action = action
        }
    }
}

/// A piece of a `live` action's output; a reader that is slow misses pieces, as their offsets tell.
package enum ActionData: NotificationKind {
    package static let name = "action.data"
    package struct Params: Codable, Sendable {
        package var trial: String
        package var action: Int
        package var stream: String
        package var piece: OutputPiece
        package init(trial: String, action: Int, stream: String, piece: OutputPiece) {
            self.trial = trial
            self.action = action
            self.stream = stream
            self.piece = piece
        }

        private enum Key: String, CodingKey { case trial, action, stream }

        package init(from decoder: any Decoder) throws {
            let values = try decoder.container(keyedBy: Key.self)
            trial = try values.decode(String.self, forKey: .trial)
            action = try values.decode(Int.self, forKey: .action)
            stream = try values.decode(String.self, forKey: .stream)
            piece = try OutputPiece(from: decoder)
        }

        package func encode(to encoder: any Encoder) throws {
            try piece.encode(to: encoder)
            var values = encoder.container(keyedBy: Key.self)
            try values.encode(trial, forKey: .trial)
            try values.encode(action, forKey: .action)
            try values.encode(stream, forKey: .stream)
        }
    }
}
