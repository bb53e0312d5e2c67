import CommandLineKit

/// A path below a directory as the kernel has it: bytes, which need not be text.
struct TreeName: Hashable, Sendable, Comparable {
    /// The names from the top on; none is empty, `.` or `..`, none holds a slash or NUL.
    let components: [[UInt8]]

    static let top = TreeName(components: [])

    private init(components: [[UInt8]]) {
        self.components = components
    }

    func appending(_ name: [UInt8]) -> TreeName {
        TreeName(components: components + [name])
    }

    /// A path of the protocol: relative, with `\xNN` for bytes that are no text and `\\` for a backslash.
    ///
    /// nil when it is written otherwise or leads elsewhere.
    init?(wire text: String) {
        guard !text.hasPrefix("/"), let bytes = Self.unescape(Array(text.utf8)) else { return nil }
        let names = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).map(Array.init)
        let isSafe = names.allSatisfy { name in
            !name.isEmpty && name != Array(".".utf8) && name != Array("..".utf8) && !name.contains(0)
        }
        guard isSafe, !names.isEmpty else { return nil }
        components = names
    }

    /// For people; harmless on a terminal.
    var text: String {
        Escaping.singleLine(String(decoding: Array(components.joined(separator: [UInt8(ascii: "/")])), as: UTF8.self))
    }

    static func < (left: TreeName, right: TreeName) -> Bool { left.text < right.text }

    private static func unescape(_ bytes: [UInt8]) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            let escape = rest.popFirst()
            if escape == UInt8(ascii: "\\") {
                result.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            guard escape == UInt8(ascii: "x"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) else {
                return nil
            }
            result.append(value)
            rest = rest.dropFirst(2)
        }
        return result
    }
}
