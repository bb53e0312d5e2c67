import CLinux
import Glibc
import Linux

/// What a connection has accepted and the kernel has not: written in order, each message whole.
struct SendQueue {
    typealias Outcome = Result<Void, ConnectionError>

    /// What one round of writing came to.
    struct Progress {
        /// Who is to be told of success, once the lock is left.
        var written: [AsyncStream<Outcome>.Continuation] = []
        var failure: SystemError?
        /// Nothing is left, or nothing more can be written.
        var isFinished = false
    }

    private struct Message {
        let bytes: [UInt8]
        var written = 0
        /// Own copies, which travel with the first byte.
        var descriptors: [SharedDescriptor]
        let done: AsyncStream<Outcome>.Continuation
    }

    private var messages: [Message] = []
    private var first = 0
    /// Bytes not yet written.
    private(set) var unsent = 0

    var isEmpty: Bool { first == messages.count }

    /// Adds a message of which `written` bytes are out already; the stream tells its fate.
    ///
    /// The descriptors are duplicated, so the caller may close its own at once.
    mutating func append(
        _ bytes: [UInt8],
        written: Int,
        descriptors: [CInt]
    ) throws(SystemError) -> AsyncStream<Outcome> {
        var copies: [SharedDescriptor] = []
        if written == 0 {
            for descriptor in descriptors {
                copies.append(SharedDescriptor(adopting: try OwnedDescriptor(duplicating: descriptor)))
            }
        }
        let (fate, done) = AsyncStream<Outcome>.makeStream(bufferingPolicy: .bufferingOldest(1))
        messages.append(Message(bytes: bytes, written: written, descriptors: copies, done: done))
        unsent += bytes.count - written
        return fate
    }

    /// Writes until the socket is full, fails or nothing is left; see `Progress`.
    mutating func write(to socket: CInt) -> Progress {
        var progress = Progress()
        while !isEmpty {
            let message = messages[first]
            let descriptors = message.descriptors.compactMap(\.raw)
            let result = sendSome(socket, message.bytes, from: message.written, descriptors: descriptors)
            guard case .success(let count) = result, count > 0 else {
                if case .failure(let error) = result { progress.failure = error }
                break
            }
            unsent -= count
            messages[first].written += count
            messages[first].descriptors = []
            guard messages[first].written == message.bytes.count else { continue }
            progress.written.append(message.done)
            first += 1
        }
        if isEmpty || first > 64 {
            messages.removeFirst(first)
            first = 0
        }
        progress.isFinished = isEmpty || progress.failure != nil
        return progress
    }

    /// Gives up what is left; returns who is to be told of the failure, outside the lock.
    mutating func removeAll() -> [AsyncStream<Outcome>.Continuation] {
        let left = messages[first...].map(\.done)
        self = SendQueue()
        return left
    }
}

/// Sends what the socket takes now, descriptors with the first byte; 0 when it is full.
func sendSome(
    _ socket: CInt,
    _ bytes: [UInt8],
    from start: Int,
    descriptors: [CInt]
) -> Result<Int, SystemError> {
    bytes.withUnsafeBytes { buffer in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[start...])
        while true {
            let count = clinux_send_message(socket, rest.baseAddress, rest.count, descriptors, descriptors.count)
            if count >= 0 { return .success(count) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .success(0)
            case let code: return .failure(SystemError(call: "sendmsg", code: code))
            }
        }
    }
}
