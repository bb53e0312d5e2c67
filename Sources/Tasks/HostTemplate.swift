/// `${VAR}` or `${VAR:-default}` as the whole of a value: a wish for a variable of the host.
package struct HostTemplate: Sendable, Hashable {
    package let variable: String
    package let fallback: String?

    /// Nil when `value` is plain text, also when a template is only a part of it.
    package init?(_ value: String) {
        guard value.hasPrefix("${"), value.hasSuffix("}") else { return nil }
        let inner = value.dropFirst(2).dropLast()
        guard !inner.contains("\n") else { return nil }
        let name = inner.prefix { $0 != ":" && $0 != "}" }
        guard !name.isEmpty else { return nil }
        let rest = inner.dropFirst(name.count)
        guard rest.isEmpty || rest.hasPrefix(":-") else { return nil }
        variable = String(name)
        fallback = rest.isEmpty ? nil : String(rest.dropFirst(2))
    }

    /// The templates among the values of `variables`, by key.
    package static func templates(in variables: [String: String]) -> [String: HostTemplate] {
        variables.compactMapValues(HostTemplate.init)
    }

    /// The same variables with templates replaced by host values or defaults.
    ///
    /// - Throws: `MissingVariable` for the first key, in sorted order, whose variable has neither.
    package static func resolve(
        _ variables: [String: String],
        with values: [String: String]
    ) throws(MissingVariable) -> [String: String] {
        var resolved = variables
        for (key, template) in templates(in: variables).sorted(by: { $0.key < $1.key }) {
            guard let value = values[template.variable] ?? template.fallback else {
                throw MissingVariable(key: key, variable: template.variable)
            }
            resolved[key] = value
        }
        return resolved
    }

    /// A template whose variable the host does not have.
    package struct MissingVariable: Error, Sendable, Equatable, CustomStringConvertible {
        /// The variable that the task sets.
        package let key: String
        /// The host's variable that it asks for.
        package let variable: String

        package var description: String {
            "the task sets \(key) from the host's variable \(variable), which is not set; "
                + "export \(variable) before starting, or give the template a default: ${\(variable):-value}"
        }
    }
}
