extension String {
    /// On one line, and without what would end a code span, control characters or what nobody sees.
    var withoutBackquotes: String {
        String(
            map { character in
                if character == "`" { return "'" }
                let isPlain = !character.isNewline && character.unicodeScalars.allSatisfy(\.isPlain)
                return isPlain ? character : " "
            }
        )
    }
}

extension Unicode.Scalar {
    fileprivate var isPlain: Bool {
        self == "\t" || ![.control, .format, .lineSeparator, .paragraphSeparator].contains(properties.generalCategory)
    }
}
