package import Linux
import Synchronization

/// A descriptor held by a value that can be copied, such as a received message: closed with its last holder.
package final class SharedDescriptor: Sendable {
    private let descriptor: Mutex<OwnedDescriptor?>

    package init(adopting descriptor: consuming OwnedDescriptor) {
        self.descriptor = Mutex(descriptor)
    }

    /// The number, as long as nobody has taken the descriptor.
    package var raw: CInt? {
        descriptor.withLock { descriptor in
            switch descriptor {
            case .some(let held): held.raw
            case .none: nil
            }
        }
    }

    /// Lends the number to a call that does not block; nil when somebody has taken the descriptor.
    ///
    /// Nobody can take or close it meanwhile, so that the number cannot become another file's.
    @discardableResult
    package func withRaw<Value>(_ body: (CInt) -> Value) -> Value? {
        descriptor.withLock { descriptor in
            switch descriptor {
            case .some(let held): body(held.raw)
            case .none: nil
            }
        }
    }

    /// The descriptor itself, for the first who asks.
    package func take() -> OwnedDescriptor? {
        descriptor.withLock { $0.take() }
    }
}
