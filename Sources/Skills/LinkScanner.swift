/// Finds where the links of one line of Markdown lead, code spans left out.
///
/// `[text](place "title")`, `![text](place)`, `[text](<place>)` and definitions `[name]: place`. A link whose parts are on
/// several lines is not found.
enum LinkScanner {
    /// Only so much of a line is searched, so that no line can take long.
    private static let maximumBytes = 8 << 10
    private static let maximumDestination = 1 << 10

    static func destinations(in line: String) -> [String] {
        // Most lines have none.
        guard line.utf8.contains(0x5d) else { return [] }
        let bytes = Array(line.utf8.prefix(maximumBytes))
        if let place = definition(bytes) { return [place] }
        var found: [String] = []
        var absentRuns: Set<Int> = []
        var index = 0
        while index < bytes.count {
            switch bytes[index] {
            case 0x5c: index += 2
            case 0x60: index = afterCode(bytes, from: index, &absentRuns)
            case 0x5d where index + 1 < bytes.count && bytes[index + 1] == 0x28:
                if let place = destination(bytes, from: index + 2, end: 0x29) { found.append(place) }
                index += 2
            default: index += 1
            }
        }
        return found
    }

    /// Behind a code span, or behind the backticks when nothing closes them.
    private static func afterCode(_ bytes: [UInt8], from start: Int, _ absent: inout Set<Int>) -> Int {
        let length = bytes[start...].prefix { $0 == 0x60 }.count
        var index = start + length
        guard !absent.contains(length) else { return index }
        while index < bytes.count {
            let run = bytes[index...].prefix { $0 == 0x60 }.count
            if run == length { return index + run }
            index += max(run, 1)
        }
        absent.insert(length)
        return start + length
    }

    /// `[name]: place` at the head of a line.
    private static func definition(_ bytes: [UInt8]) -> String? {
        let start = bytes.prefix(3).prefix { $0 == 0x20 }.count
        guard start < bytes.count, bytes[start] == 0x5b, let close = bytes[start...].firstIndex(of: 0x5d),
            close > start + 1, close + 1 < bytes.count, bytes[close + 1] == 0x3a, bytes[start + 1] != 0x5e
        else { return nil }
        return destination(bytes, from: close + 2, end: 0x0a)
    }

    /// The place from `start` on, to a blank or an unbalanced `end`; nil when nothing ends it.
    private static func destination(_ bytes: [UInt8], from start: Int, end: UInt8) -> String? {
        let limit = min(bytes.count, start + maximumDestination)
        var index = start
        while index < limit, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
        if index < limit, bytes[index] == 0x3c {
            guard let close = bytes[index..<limit].firstIndex(of: 0x3e) else { return nil }
            return String(decoding: bytes[(index + 1)..<close], as: UTF8.self)
        }
        let first = index
        var depth = 0
        while index < limit, bytes[index] > 0x20, depth > 0 || bytes[index] != end {
            if bytes[index] == 0x28 { depth += 1 }
            if bytes[index] == 0x29 { depth -= 1 }
            index += 1
        }
        guard index > first, index < limit || end == 0x0a else { return nil }
        return String(decoding: bytes[first..<index], as: UTF8.self)
    }
}
