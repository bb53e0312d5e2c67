/// What a piece of Python imports and which imported names it calls.
///
/// A scan of tokens, since nothing here runs Python. It resolves aliases of imports, in the order of the text, whatever
/// the scope. It does not see: methods of objects (`frame.to_csv`), names bound by assignment, star imports' names,
/// `getattr`, `importlib`, decorators without a call, and code inside strings.
enum PythonFeatures {
    /// `import pandas` and `pandas.read_excel()`, sorted, each once.
    static func features(of source: String) -> [String] {
        var scan = PythonScan()
        for line in PythonToken.tokens(of: source).split(separator: .lineEnd) { scan.take(Array(line)) }
        return scan.features.sorted()
    }
}

private struct PythonScan {
    private(set) var features: Set<String> = []
    /// What a name stands for.
    private var aliases: [String: String] = ["open": "open"]

    mutating func take(_ line: [PythonToken]) {
        // `try: import x` and `if a: import x` have the import after a colon.
        let start = line.firstIndex { $0 == .name("import") || $0 == .name("from") } ?? 0
        let isAtStart = start == 0 || line[start - 1] == .mark(":")
        if isAtStart, line.indices.contains(start), line[start] == .name("import") {
            importModules(line[(start + 1)...])
        } else if isAtStart, line.indices.contains(start), line[start] == .name("from") {
            importNames(line[(start + 1)...])
        } else {
            findCalls(line)
        }
    }

    /// `import a.b as c, d`
    private mutating func importModules(_ tokens: ArraySlice<PythonToken>) {
        for part in tokens.split(separator: .mark(",")) {
            let (path, rest) = dottedName(part)
            guard let top = path.split(separator: ".").first.map(String.init) else { continue }
            features.insert("import \(top)")
            if rest.first == .name("as"), case .name(let alias)? = rest.dropFirst().first {
                aliases[alias] = path
            } else {
                aliases[top] = top
            }
        }
    }

    /// `from a.b import c as d, e`
    private mutating func importNames(_ tokens: ArraySlice<PythonToken>) {
        let (path, rest) = dottedName(tokens)
        // Relative imports are the project's own.
        guard let top = path.split(separator: ".").first, rest.first == .name("import") else { return }
        features.insert("import \(top)")
        let names = rest.dropFirst().filter { $0 != .mark("(") && $0 != .mark(")") }
        for part in names.split(separator: .mark(",")) {
            guard case .name(let name)? = part.first else { continue }
            if part.count == 3, case .name(let alias)? = part.last {
                aliases[alias] = "\(path).\(name)"
            } else {
                aliases[name] = "\(path).\(name)"
            }
        }
    }

    private mutating func findCalls(_ line: [PythonToken]) {
        var index = 0
        while index < line.count {
            guard case .name(let head) = line[index] else {
                index += 1
                continue
            }
            // Not a method of something before the dot, and no definition.
            let isMember = index > 0 && line[index - 1] == .mark(".")
            let isDefinition = index > 0 && (line[index - 1] == .name("def") || line[index - 1] == .name("class"))
            let (path, rest) = dottedName(line[index...])
            if !isMember, !isDefinition, rest.first == .mark("("), let module = aliases[head] {
                features.insert(module + path.dropFirst(head.count) + "()")
            }
            index = max(index + 1, rest.startIndex)
        }
    }

    /// The dotted name at the beginning, and what follows it.
    private func dottedName(_ tokens: ArraySlice<PythonToken>) -> (String, ArraySlice<PythonToken>) {
        var path = ""
        var rest = tokens
        while case .name(let name)? = rest.first, path.isEmpty || path.hasSuffix(".") {
            path += name
            rest = rest.dropFirst()
            guard rest.first == .mark("."), case .name? = rest.dropFirst().first else { break }
            path += "."
            rest = rest.dropFirst()
        }
        return (path, rest)
    }
}
