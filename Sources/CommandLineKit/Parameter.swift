/// What can be said about one option, flag or argument without knowing where its value goes.
///
/// Help, completions and manual pages are made from a walk over these.
package struct ParameterSyntax: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// `--json`: there or not.
        case flag
        /// `--image NAME`.
        case option
        /// A word by its position.
        case argument
        /// All words from the first one on, options or not: the command of `exec`.
        case remainder
        /// All words after `--`.
        case trailing
    }
    package var kind: Kind
    /// `--image`, `-i`; empty for arguments.
    package var names: [String]
    /// What stands for the value in help: `NAME`, `DIR`.
    package var placeholder: String
    package var about: String
    /// An argument that must be there.
    package var isRequired: Bool
    /// May be given any number of times.
    package var repeats: Bool
    /// The allowed words, when they can be listed.
    package var choices: [String]
    /// The value when it is not given, when that is worth showing.
    package var defaultText: String?

    /// How errors name it.
    package var displayName: String { names.first ?? placeholder }
    package var isPositional: Bool { kind == .argument || kind == .remainder }
}

/// One option, flag or argument of a command and the property that its value goes to.
package struct Parameter<Values>: Sendable {
    package typealias Property<Value> = any (WritableKeyPath<Values, Value> & Sendable)
    package let syntax: ParameterSyntax
    let apply: @Sendable (inout Values, String) throws(UsageError) -> Void

    /// `--json`: sets the property to true.
    package static func flag(_ names: String..., to property: Property<Bool>, _ about: String) -> Self {
        Parameter(syntax: syntax(.flag, names, "", about)) { values, _ throws(UsageError) in
            values[keyPath: property] = true
        }
    }

    /// An option without a default; given twice, the last one counts.
    package static func option<Value: ArgumentValue>(
        _ names: String...,
        value placeholder: String,
        to property: Property<Value?>,
        _ about: String
    ) -> Self {
        Parameter(syntax: syntax(.option, names, placeholder, about, choices: Value.choices)) {
            values,
            text throws(UsageError) in values[keyPath: property] = try Value(argument: text)
        }
    }

    /// An option whose property holds its default; given twice, the last one counts.
    package static func option<Value: ArgumentValue>(
        _ names: String...,
        value placeholder: String,
        to property: Property<Value>,
        default shown: String? = nil,
        _ about: String
    ) -> Self {
        Parameter(syntax: syntax(.option, names, placeholder, about, choices: Value.choices, shown: shown)) {
            values,
            text throws(UsageError) in values[keyPath: property] = try Value(argument: text)
        }
    }

    /// An option that may be given any number of times.
    package static func repeated<Value: ArgumentValue>(
        _ names: String...,
        value placeholder: String,
        to property: Property<[Value]>,
        _ about: String
    ) -> Self {
        Parameter(syntax: syntax(.option, names, placeholder, about, repeats: true, choices: Value.choices)) {
            values,
            text throws(UsageError) in values[keyPath: property].append(try Value(argument: text))
        }
    }

    /// A word that must be there.
    package static func argument<Value: ArgumentValue>(
        _ placeholder: String,
        to property: Property<Value>,
        _ about: String
    ) -> Self {
        Parameter(syntax: syntax(.argument, [], placeholder, about, required: true, choices: Value.choices)) {
            values,
            text throws(UsageError) in values[keyPath: property] = try Value(argument: text)
        }
    }

    /// A word that may be left out.
    package static func argument<Value: ArgumentValue>(
        _ placeholder: String,
        to property: Property<Value?>,
        _ about: String
    ) -> Self {
        Parameter(syntax: syntax(.argument, [], placeholder, about, choices: Value.choices)) {
            values,
            text throws(UsageError) in values[keyPath: property] = try Value(argument: text)
        }
    }

    /// One or more words; only as the last argument.
    package static func arguments<Value: ArgumentValue>(
        _ placeholder: String,
        to property: Property<[Value]>,
        _ about: String
    ) -> Self {
        Parameter(syntax: syntax(.argument, [], placeholder, about, required: true, repeats: true)) {
            values,
            text throws(UsageError) in values[keyPath: property].append(try Value(argument: text))
        }
    }

    /// Everything from the first word on, options or not; only as the last argument.
    package static func remainder(_ placeholder: String, to property: Property<[String]>, _ about: String) -> Self {
        Parameter(syntax: syntax(.remainder, [], placeholder, about, required: true, repeats: true)) {
            values,
            text throws(UsageError) in values[keyPath: property].append(text)
        }
    }

    /// Everything after `--`.
    package static func trailing(_ placeholder: String, to property: Property<[String]>, _ about: String) -> Self {
        Parameter(syntax: syntax(.trailing, [], placeholder, about, repeats: true)) {
            values,
            text throws(UsageError) in values[keyPath: property].append(text)
        }
    }

    private static func syntax(
        _ kind: ParameterSyntax.Kind,
        _ names: [String],
        _ placeholder: String,
        _ about: String,
        required: Bool = false,
        repeats: Bool = false,
        choices: [String] = [],
        shown: String? = nil
    ) -> ParameterSyntax {
        ParameterSyntax(
            kind: kind,
            names: names,
            placeholder: placeholder,
            about: about,
            isRequired: required,
            repeats: repeats,
            choices: choices,
            defaultText: shown
        )
    }
}
