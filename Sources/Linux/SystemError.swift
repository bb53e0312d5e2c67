import CLinux
import Glibc

/// A system call that failed: which, and with what errno.
package struct SystemError: Error, Sendable, Hashable, CustomStringConvertible {
    package let call: String
    package let code: CInt

    package init(call: String, code: CInt) {
        self.call = call
        self.code = code
    }

    package var description: String { "\(call): \(errorText(code))" }
}

/// The kernel's sentence for an errno, as strerrordesc_np(3) has it.
package func errorText(_ code: CInt) -> String {
    guard let text = clinux_error_text(code) else { return "errno \(code)" }
    return String(cString: text)
}

/// Runs one system call: reads errno at once, retries EINTR, names the call in the error.
@inline(__always)
@discardableResult
package func syscall<T: FixedWidthInteger>(_ call: String, _ body: () -> T) throws(SystemError) -> T {
    while true {
        let result = body()
        if result != -1 { return result }
        let code = errno  // before anything that could release an object
        if code == EINTR { continue }
        throw SystemError(call: call, code: code)
    }
}
