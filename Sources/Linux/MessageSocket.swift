import CLinux
import Glibc

/// One message of a SOCK_SEQPACKET socket, with the descriptors that came along; the receiver owns those.
package struct ReceivedMessage: Sendable {
    package var bytes: [UInt8]
    package var descriptors: [CInt]

    package init(bytes: [UInt8], descriptors: [CInt]) {
        self.bytes = bytes
        self.descriptors = descriptors
    }
}

/// The longest message that is sent in one piece; longer ones travel in a memfd.
package let maximumMessageBytes = 64 << 10

/// Receives one message; nil at the end of the stream (errno 0) or when it cannot be read (errno says why).
package func receiveMessage(_ socket: CInt) -> ReceivedMessage? {
    var descriptors = [CInt](repeating: -1, count: Int(CLINUX_MESSAGE_DESCRIPTORS))
    var count = 0
    var length = 0
    var code: CInt = 0
    // Not filled with zeros: most messages are short, and the pages behind them need never be touched.
    let bytes = [UInt8](unsafeUninitializedCapacity: maximumMessageBytes) { buffer, initialized in
        repeat {
            length = clinux_receive_message(socket, buffer.baseAddress, buffer.count, &descriptors, &count)
            code = length < 0 ? errno : 0
            // A peer that ended without reading everything: told once, and before what it had said; unix(7).
        } while code == EINTR || code == ECONNRESET
        initialized = max(0, length)
    }
    guard length > 0 else {
        errno = code
        return nil
    }
    return ReceivedMessage(bytes: bytes, descriptors: Array(descriptors[..<count]))
}

/// Sends one message with descriptors, which stay the caller's; false with errno when it could not be sent.
package func sendMessage(_ socket: CInt, _ bytes: [UInt8], _ descriptors: [CInt]) -> Bool {
    while true {
        let length = clinux_send_message(socket, bytes, bytes.count, descriptors, descriptors.count)
        if length < 0 && errno == EINTR { continue }
        return length == bytes.count
    }
}

/// What a non-blocking receive found.
package enum AvailableMessage: Sendable {
    case message(ReceivedMessage)
    /// Nothing yet.
    case none
    /// The peer is gone.
    case ended
}

/// Receives one message without waiting; the socket must be non-blocking.
package func receiveAvailableMessage(_ socket: CInt) -> AvailableMessage {
    errno = 0
    if let message = receiveMessage(socket) { return .message(message) }
    return errno == EAGAIN ? .none : .ended
}
