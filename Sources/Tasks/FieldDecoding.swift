/// Reading of the field kinds that task files share; errors carry the key path.
extension KeyedDecodingContainer {
    /// A positive number of seconds; nil when absent or infinite.
    func seconds(_ key: Key) throws -> Duration? {
        guard let seconds = try decodeIfPresent(Double.self, forKey: key) else { return nil }
        guard seconds > 0 else { throw invalid(key, "is \(seconds); it must be greater than 0") }
        // A century is as good as for ever, and far from the end of Duration.
        return seconds < 3e9 ? .seconds(seconds) : nil
    }

    /// A number of seconds that may be 0.
    func seconds(_ key: Key, default fallback: Double) throws -> Duration {
        let seconds = try decodeIfPresent(Double.self, forKey: key) ?? fallback
        guard seconds >= 0, seconds < 3e9 else { throw invalid(key, "is \(seconds); it must be 0 or more") }
        return .seconds(seconds)
    }

    /// A text that can be handed to the kernel: not empty, no NUL.
    func plainText(_ key: Key) throws -> String? {
        guard let text = try decodeIfPresent(String.self, forKey: key), !text.isEmpty else { return nil }
        guard !text.utf8.contains(0) else { throw invalid(key, "has a NUL character") }
        return text
    }

    /// An absolute path without `..`.
    func absolutePath(_ key: Key) throws -> String? {
        guard let path = try plainText(key) else { return nil }
        guard path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
            throw invalid(key, "is '\(path)'; it must be an absolute path without '..'")
        }
        return path
    }

    /// Variables for programs; values may be host templates.
    func variables(_ key: Key) throws -> [String: String] {
        let variables = try decodeIfPresent([String: String].self, forKey: key) ?? [:]
        for (name, value) in variables {
            guard !name.isEmpty, !name.contains("="), !name.utf8.contains(0), !value.utf8.contains(0) else {
                throw invalid(key, "'\(name)' cannot be an environment variable ('=' or NUL in it, or no name)")
            }
        }
        return variables
    }

    func invalid(_ key: Key, _ message: String) -> DecodingError {
        .dataCorruptedError(forKey: key, in: self, debugDescription: message)
    }
}
