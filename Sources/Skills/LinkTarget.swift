/// Where a link in a skill's Markdown leads.
enum LinkTarget: Hashable {
    /// Another scheme or host: nothing of the folder.
    case external
    /// Within the same file.
    case fragment
    /// `file:`, an absolute path, or one that leaves the folder from wherever it is read.
    case outside
    /// A path as it is written, without fragment and percent signs.
    case relative(String)

    init(_ destination: String) {
        let place = destination.prefix { $0 != "#" && $0 != "?" }
        guard !place.isEmpty else {
            self = .fragment
            return
        }
        if let colon = place.firstIndex(of: ":"), !place[..<colon].contains("/") {
            self = place[..<colon].lowercased() == "file" ? .outside : .external
            return
        }
        guard !place.hasPrefix("//") else {
            self = .external
            return
        }
        let path = Self.withoutPercentSigns(place)
        self = path.hasPrefix("/") || path.hasPrefix("~") || path.contains("\\") ? .outside : .relative(path)
    }

    /// The path within the skill's folder as seen from a file in it; nil when it leads to no place there.
    func path(from file: String) -> String? {
        guard case .relative(let path) = self else { return nil }
        var parts = file.split(separator: "/").dropLast().map(String.init)
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                guard parts.popLast() != nil else { return nil }
            } else {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }

    /// `%20` is a blank; what is no text then stays as it is written.
    private static func withoutPercentSigns(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == 0x25, digits.count == 2, let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self) ?? String(text)
    }
}
