/// A shell pattern for one name: `*`, `?`, `[a-z]`, `[!a-z]`, backslash; linear in pattern times name.
struct GlobPattern: Sendable, Hashable {
    private enum Token: Sendable, Hashable {
        case scalar(Unicode.Scalar)
        case any
        case star
        case oneOf([ClosedRange<Unicode.Scalar>], negated: Bool)
    }

    private let tokens: [Token]

    init(_ pattern: some StringProtocol) {
        let scalars = Array(pattern.unicodeScalars)
        var tokens: [Token] = []
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*": tokens.append(.star)
            case "?": tokens.append(.any)
            case "\\" where index < scalars.count:
                tokens.append(.scalar(scalars[index]))
                index += 1
            case "[":
                if let (token, next) = Self.bracket(scalars, from: index) {
                    tokens.append(token)
                    index = next
                } else {
                    tokens.append(.scalar("["))
                }
            default: tokens.append(.scalar(scalar))
            }
        }
        self.tokens = tokens
    }

    /// The class that begins after `[`, and where it ends; nil when it is never closed.
    private static func bracket(_ scalars: [Unicode.Scalar], from start: Int) -> (Token, Int)? {
        var index = start
        let negated = index < scalars.count && (scalars[index] == "!" || scalars[index] == "^")
        if negated { index += 1 }
        var ranges: [ClosedRange<Unicode.Scalar>] = []
        let first = index
        while index < scalars.count {
            if scalars[index] == "]", index > first { return (.oneOf(ranges, negated: negated), index + 1) }
            if scalars[index] == "\\", index + 1 < scalars.count { index += 1 }
            let low = scalars[index]
            index += 1
            if index + 1 < scalars.count, scalars[index] == "-", scalars[index + 1] != "]" {
                let high = scalars[index + 1]
                if low <= high { ranges.append(low...high) }
                index += 2
            } else {
                ranges.append(low...low)
            }
        }
        return nil
    }

    func matches(_ name: some StringProtocol) -> Bool { matches(Array(name.unicodeScalars)[...]) }

    func matches(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
        var (token, position) = (0, scalars.startIndex)
        // Where to go on when the text after the last star does not fit: one scalar later.
        var (starToken, starPosition) = (-1, 0)
        while position < scalars.endIndex {
            if token < tokens.count, tokens[token] == .star {
                (starToken, starPosition) = (token, position)
                token += 1
            } else if token < tokens.count, fits(tokens[token], scalars[position]) {
                token += 1
                position += 1
            } else if starToken >= 0 {
                starPosition += 1
                (token, position) = (starToken + 1, starPosition)
            } else {
                return false
            }
        }
        return tokens[token...].allSatisfy { $0 == .star }
    }

    private func fits(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
        switch token {
        case .scalar(let wanted): wanted == scalar
        case .any: true
        case .oneOf(let ranges, let negated): ranges.contains { $0.contains(scalar) } != negated
        case .star: false
        }
    }
}
