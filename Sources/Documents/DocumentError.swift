/// Why a document could not be read: cause, place and remedy in one sentence.
package struct DocumentError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file's name as the person knows it.
    package let file: String
    /// 1-based; nil when the cause is known by key path only, or concerns the whole file.
    package let line: Int?
    /// 1-based; nil without a line.
    package let column: Int?
    /// The dotted key, for example `environment.cpus` or `artifacts[1].source`.
    package let keyPath: String?
    package let message: String

    package init(file: String, line: Int? = nil, column: Int? = nil, keyPath: String? = nil, message: String) {
        self.file = file
        self.line = line
        self.column = column
        self.keyPath = keyPath
        self.message = message
    }

    package var description: String {
        var place = file
        if let line { place += ":\(line)" }
        if line != nil, let column { place += ":\(column)" }
        guard let keyPath, !keyPath.isEmpty else { return "\(place): \(message)" }
        return "\(place): \(keyPath): \(message)"
    }
}

extension DocumentError {
    /// The sentence for what `Decodable` found wrong in `file`.
    init(decoding error: any Error, file: String) {
        switch error as? DecodingError {
        case .keyNotFound(let key, let context):
            let path = Self.path(context.codingPath + [key])
            self.init(file: file, keyPath: path, message: "is required and missing")
        case .typeMismatch(let type, let context):
            let message = "must be \(Self.words(for: type))"
            self.init(file: file, keyPath: Self.path(context.codingPath), message: message)
        case .valueNotFound(let type, let context):
            let message = "is empty where \(Self.words(for: type)) is needed"
            self.init(file: file, keyPath: Self.path(context.codingPath), message: message)
        case .dataCorrupted(let context):
            self.init(file: file, keyPath: Self.path(context.codingPath), message: context.debugDescription)
        default:
            self.init(file: file, message: "\(error)")
        }
    }

    /// `a.b[2].c` for a coding path.
    private static func path(_ keys: [any CodingKey]) -> String {
        keys.reduce(into: "") { path, key in
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
    }

    private static func words(for type: any Any.Type) -> String {
        if type is String.Type { return "a text in quotes" }
        if type is Bool.Type { return "true or false" }
        if type is any BinaryInteger.Type { return "a whole number" }
        if type is any BinaryFloatingPoint.Type { return "a number" }
        let name = "\(type)"
        if name.hasPrefix("Array") { return "a list" }
        if name.hasPrefix("Dictionary") { return "a table" }
        return "a \(name)"
    }
}
