/// `<name>` in code, which stands for a value of the task.
package enum Placeholder {
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, first >= 97 && first <= 122, text.utf8.count <= 40 else { return false }
        return text.utf8.allSatisfy { $0 >= 97 && $0 <= 122 || $0 >= 48 && $0 <= 57 || $0 == 45 || $0 == 95 }
    }

    /// Text and placeholders in turn.
    package enum Piece: Sendable, Hashable {
        case text(String)
        case placeholder(String)
    }

    package static func pieces(of code: String) -> [Piece] {
        var pieces: [Piece] = []
        var text = ""
        var rest = Substring(code)
        while let mark = rest.firstIndex(of: "<") {
            text += rest[..<mark]
            let behind = rest[rest.index(after: mark)...]
            if let end = behind.firstIndex(of: ">"), isName(String(behind[..<end])) {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.placeholder(String(behind[..<end])))
                rest = behind[behind.index(after: end)...]
            } else {
                text.append("<")
                rest = behind
            }
        }
        text += rest
        if !text.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    /// The names in code, each once, in their order.
    package static func names(in code: String) -> [String] {
        var seen: Set<String> = []
        return pieces(of: code).compactMap { piece in
            if case .placeholder(let name) = piece, seen.insert(name).inserted { name } else { nil }
        }
    }

    package static func filled(_ code: String, _ values: [String: String]) -> String {
        pieces(of: code).map { piece in
            switch piece {
            case .text(let text): text
            case .placeholder(let name): values[name] ?? "<\(name)>"
            }
        }
        .joined()
    }
}
