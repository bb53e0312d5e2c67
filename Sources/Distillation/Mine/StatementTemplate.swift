import Skills

/// Statements of several runs laid over each other: what varies, or may not be told, is a placeholder (step 6).
struct StatementTemplate: Sendable, Hashable {
    /// With `<placeholder>`s.
    let text: String
    /// In the order of the text, each once.
    let parameters: [Parameter]
    /// The runs that it was made of.
    let runs: [String]

    /// A placeholder and what stood there.
    struct Parameter: Sendable, Hashable {
        let name: String
        /// The value in each run; empty when it may not be told.
        let values: [String: String]
        /// Some values that the agents had seen before they used them.
        let examples: [String]
        /// Where every task's instruction says it.
        let anchor: TextAnchor?
    }

    /// A statement of one run and where it was.
    struct Instance: Sendable {
        let run: String
        let position: Int
        let reference: String
        let statement: MinedStatement
    }
}

/// Makes templates, and gives the same placeholder to what has the same value in every run.
struct TemplateMaker {
    private let visible: [String: VisibleText]
    private let tasks: [String: String]
    private var known: [(name: String, values: [String: String])] = []
    private var taken: Set<String> = []
    private let anchors: AnchorMining

    init(_ runs: [MinedRun]) {
        tasks = Dictionary(runs.map { ($0.id, $0.task) }) { first, _ in first }
        anchors = AnchorMining(runs)
        visible = Dictionary(runs.map { ($0.id, VisibleText($0.source)) }) { first, _ in first }
    }

    /// The template of the largest set of instances that fit each other; nil without instances.
    mutating func template(of instances: [StatementTemplate.Instance]) -> StatementTemplate? {
        let names = Self.names(in: instances)
        let rows = Self.fitting(instances).map { ($0, StatementTokens($0.statement)) }
        guard let first = rows.first else { return nil }
        var text = ""
        var parameters: [StatementTemplate.Parameter] = []
        for column in first.1.tokens.indices {
            let token = first.1.tokens[column]
            guard token.isAtom else {
                text += token.text
                continue
            }
            let values = Dictionary(rows.map { ($0.0.run, $0.1.tokens[column].text) }) { _, last in last }
            let varies = Set(values.values).count > 1
            if !varies && !isHidden(token, column: column, rows: rows, names: names) {
                text += token.text
                continue
            }
            let flag = Self.flag(before: column, in: first.1.tokens)
            let seen = rows.filter { row in
                let text = row.1.tokens[column].text
                return varies && (visible[row.0.run]?.shows(text, before: row.0.position / 1_000) ?? false)
            }
            let parameter = parameter(
                varies ? values : [:],
                examples: Set(seen.map { $0.1.tokens[column].text }).sorted().prefix(2).map { $0 },
                literal: token.text,
                flag: flag
            )
            text += "<\(parameter.name)>"
            if !parameters.contains(where: { $0.name == parameter.name }) { parameters.append(parameter) }
        }
        return StatementTemplate(text: text, parameters: parameters, runs: Set(rows.map(\.0.run)).sorted())
    }

    /// The largest set of instances that differ only in words that may vary, by run.
    ///
    /// Commands of names and flags alone all fit each other; those whose order is the commonest stand for them.
    static func fitting(_ instances: [StatementTemplate.Instance]) -> [StatementTemplate.Instance] {
        let names = names(in: instances)
        let tokens = instances.map { StatementTokens($0.statement) }
        let groups = Dictionary(grouping: instances.indices) { tokens[$0].skeleton(names: names) }
        let best = groups.min { left, right in
            (-left.value.count, left.key.utf8.count, left.key) < (-right.value.count, right.key.utf8.count, right.key)
        }
        return (best?.value ?? []).map { instances[$0] }
    }

    /// The runs for which the template of `instances` speaks.
    static func agreeing(_ instances: [StatementTemplate.Instance]) -> [StatementTemplate.Instance] {
        let names = names(in: instances)
        let areDetermined = instances.allSatisfy { StatementTokens($0.statement).isDetermined(names: names) }
        return areDetermined ? instances : fitting(instances)
    }

    private static func names(in instances: [StatementTemplate.Instance]) -> Set<String> {
        instances.reduce(into: []) { $0.formUnion($1.statement.names) }
    }

    /// Whether a constant is data that no agent can have had from what it saw: then it is not ours to tell.
    private func isHidden(
        _ token: StatementTokens.Token,
        column: Int,
        rows: [(StatementTemplate.Instance, StatementTokens)],
        names: Set<String>
    ) -> Bool {
        guard Self.isLiteral(token, holdsCode: rows[0].0.statement.holdsCode), !names.contains(token.text) else {
            return false
        }
        let isSeen = rows.allSatisfy { visible[$0.0.run]?.shows(token.text, before: $0.0.position / 1_000) ?? false }
        // The same word in different tasks belongs to the method (a function, a format): an answer would differ. If it
        // is in the verifier's text all the same, the gate's leak test, which has that text, refuses the skill.
        let isWord = token.text.allSatisfy { !$0.isNumber }
        let isShared = isWord && Set(rows.compactMap { tasks[$0.0.run] }).count >= 2
        return !isSeen && !isShared
    }

    /// Numbers of four digits that count, and words of six letters, which in code must be quoted.
    private static func isLiteral(_ token: StatementTokens.Token, holdsCode: Bool) -> Bool {
        if token.text.hasPrefix("-") { return false }
        let isNumber = token.text.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
        if isNumber {
            let digits = token.text.filter(\.isNumber).drop { $0 == "0" }
            let zeros = digits.reversed().prefix { $0 == "0" }.count
            return digits.count - zeros >= 4
        }
        // Names of variables are the method's.
        if token.text.utf8.allSatisfy({ $0 >= 65 && $0 <= 90 || $0 == UInt8(ascii: "_") }) { return false }
        return token.text.count >= 6 && (token.isQuoted || !holdsCode)
    }

    private static func flag(before column: Int, in tokens: [StatementTokens.Token]) -> String? {
        let before = tokens[..<column].reversed()
        guard let mark = before.first, mark.text == " " || mark.text == "=", let flag = before.dropFirst().first else {
            return nil
        }
        return flag.text.hasPrefix("--") ? String(flag.text.dropFirst(2)) : nil
    }

    private mutating func parameter(
        _ values: [String: String],
        examples: [String],
        literal: String,
        flag: String?
    ) -> StatementTemplate.Parameter {
        let same = known.first { held in
            !values.isEmpty && !held.values.isEmpty
                && values.allSatisfy { held.values[$0.key] == nil || held.values[$0.key] == $0.value }
                && values.contains { held.values[$0.key] == $0.value }
        }
        if let same {
            return .init(
                name: same.name,
                values: same.values,
                examples: examples,
                anchor: anchors.anchor(of: same.values)
            )
        }
        let base = Self.name(of: values.isEmpty ? [literal] : values.values.sorted(), flag: flag)
        var name = base
        var number = 2
        while !taken.insert(name).inserted {
            name = "\(base)-\(number)"
            number += 1
        }
        known.append((name, values))
        return .init(name: name, values: values, examples: examples, anchor: anchors.anchor(of: values))
    }

    /// By what the values have in common.
    private static func name(of values: [String], flag: String?) -> String {
        let suffixes = Set(values.map { ArgumentClass.suffix(of: $0) })
        if suffixes.count == 1, let suffix = suffixes.first ?? nil { return "\(suffix)-file" }
        if let flag, !flag.isEmpty { return flag }
        return values.allSatisfy { $0.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") } } ? "number" : "value"
    }
}
