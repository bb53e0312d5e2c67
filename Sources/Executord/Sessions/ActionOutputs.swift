import Sandbox
import Trajectory
import Wire

/// What is kept of actions' outputs, and how it is given out.
enum ActionOutputs {
    /// The most that is kept of one stream.
    static let maximumBytes = 16 << 20
    private static let defaultBytes = 128 << 10
    /// The most of one reply.
    static let pieceBytes = 256 << 10

    /// How the output of a program is caught.
    static func captured(_ program: ProgramRequest) throws(WireError) -> SandboxAction.Output {
        let bytes = program.outputBytes ?? defaultBytes
        guard (1...maximumBytes).contains(bytes) else {
            throw WireError(.invalidParams, "outputBytes is \(bytes)", remedy: "1 to \(maximumBytes)")
        }
        let (head, tail) = (bytes - bytes / 2, bytes / 2)
        guard let size = program.terminal else {
            return .captured(head: head, tail: tail, merged: program.merge ?? false)
        }
        guard (1...10_000).contains(size.rows), (1...10_000).contains(size.columns) else {
            throw WireError(.invalidParams, "terminal is \(size.rows) by \(size.columns)", remedy: "1 to 10000")
        }
        return .terminal(rows: size.rows, columns: size.columns, head: head, tail: tail)
    }
}

extension SandboxAction.Output {
    /// The most that is kept of both streams.
    var keptBytes: Int {
        switch self {
        case .captured(let head, let tail, let merged): (head + tail) * (merged ? 1 : 2)
        case .terminal(_, _, let head, let tail): head + tail
        case .descriptors: 0
        }
    }
}

extension OutputPiece {
    /// From a stream that may still fill.
    init(_ capture: OutputCapture, from offset: Int) {
        let slice = capture.slice(from: offset, limit: ActionOutputs.pieceBytes)
        self.init(
            content: ByteContent(slice.bytes),
            offset: slice.offset,
            totalBytes: slice.total,
            omittedBytes: max(0, slice.offset - offset),
            nextOffset: slice.next
        )
    }

    /// From a recorded stream: its kept bytes are its first `headBytes` and its last ones.
    init(_ output: OutputRecord, from offset: Int, in store: Store) async throws {
        let gap = output.omittedBytes
        let start = offset > output.headBytes && gap > 0 ? max(offset, output.headBytes + gap) : max(0, offset)
        let isTail = gap > 0 && start >= output.headBytes
        let begin = isTail ? max(start, output.headBytes + gap) : start
        let limit =
            isTail || gap == 0 ? ActionOutputs.pieceBytes : min(ActionOutputs.pieceBytes, output.headBytes - begin)
        let slice = try await store.bytes(of: output, from: isTail ? begin - gap : begin, limit: limit)
        self.init(
            content: ByteContent(slice.bytes),
            offset: begin,
            totalBytes: output.totalBytes,
            omittedBytes: max(0, begin - offset),
            nextOffset: begin + slice.bytes.count < output.totalBytes ? begin + slice.bytes.count : nil
        )
    }
}

extension ActionOutcome {
    /// The first piece of each stream, and how to go on.
    init(_ record: ActionRecord, in store: Store) async throws {
        self.init(
            action: record.number,
            exit: record.exit,
            cost: record.cost,
            stdout: try await OutputPiece(record.stdout, from: 0, in: store),
            stderr: try await OutputPiece(record.stderr, from: 0, in: store)
        )
        // Told for the whole stream here, where nobody has asked for an offset.
        stdout.omittedBytes = record.stdout.omittedBytes
        stderr.omittedBytes = record.stderr.omittedBytes
    }
}
