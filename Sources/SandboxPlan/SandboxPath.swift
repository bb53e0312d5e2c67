/// A path inside a sandbox: bytes, as the kernel has them, which need not be UTF-8.
package struct SandboxPath: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    package var bytes: [UInt8]

    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The path that is written so, backslashes and all.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    package init(stringLiteral text: String) {
        self.init(text)
    }

    /// Undoes `description`: `\xNN` is a byte, two backslashes are one; any other backslash is itself.
    package init(printable text: String) {
        let text = Array(text.utf8)
        bytes = []
        var index = 0
        while index < text.count {
            let rest = text[index...]
            if rest.starts(with: [Self.backslash, Self.backslash]) {
                bytes.append(Self.backslash)
                index += 2
            } else if rest.starts(with: [Self.backslash, UInt8(ascii: "x")]), rest.count >= 4,
                let high = Self.digit(text[index + 2]), let low = Self.digit(text[index + 3])
            {
                bytes.append(high << 4 | low)
                index += 4
            } else {
                bytes.append(text[index])
                index += 1
            }
        }
    }

    /// As text in one line, from which `init(printable:)` gets all bytes back; see `printable`.
    package var description: String { printable(bytes) }

    /// With the closing NUL; a NUL within is for the caller to refuse.
    package var cString: [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

    /// What follows the last slash; empty for the root.
    package var lastName: [UInt8] {
        Array(bytes.split(separator: UInt8(ascii: "/")).last ?? [])
    }

    private static let backslash = UInt8(ascii: "\\")

    /// What a hexadecimal digit stands for.
    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.data(bytes)
    }

    static func read(from reader: inout ByteReader) throws(CodecError) -> SandboxPath {
        SandboxPath(bytes: try reader.data())
    }
}

/// A raw path as text: control bytes and bytes that are not UTF-8 become `\xNN`, a backslash is doubled.
package func printable(_ path: [UInt8]) -> String {
    func escaped(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16)
        return "\\x" + (digits.count == 1 ? "0" : "") + digits
    }
    guard let text = String(validating: path, as: UTF8.self) else {
        return path.map { $0 >= 0x20 && $0 < 0x7f && $0 != 0x5c ? String(UnicodeScalar($0)) : escaped($0) }.joined()
    }
    return text.unicodeScalars.map { scalar in
        if scalar == "\\" { return "\\\\" }
        if scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) {
            return String(scalar).utf8.map(escaped).joined()
        }
        return String(scalar)
    }.joined()
}
