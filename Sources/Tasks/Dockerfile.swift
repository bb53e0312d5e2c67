/// The instructions of a Dockerfile, as far as they make a root file system; see docs.docker.com/reference/dockerfile.
///
/// One stage on one base. CMD, ENTRYPOINT, EXPOSE, LABEL, MAINTAINER, STOPSIGNAL, VOLUME, HEALTHCHECK and ONBUILD mean
/// nothing to a sandbox and are passed over.
package struct Dockerfile: Sendable, Hashable {
    package enum Step: Sendable, Hashable {
        /// Argument words of a program.
        case run([String])
        case environment([String: String])
        case workingDirectory(String)
        case user(String)
        case copy(Copy)
    }

    /// COPY, and ADD of local files.
    package struct Copy: Sendable, Hashable {
        /// Relative to the context; may have `*` and `?`.
        package var sources: [String]
        package var destination: String
        /// `uid:gid`.
        package var owner: String?
        package var mode: UInt32?
        /// ADD unpacks archives; files of these kinds are refused.
        package var isAdd: Bool
    }

    /// A step, and how it stands in the file.
    package struct Instruction: Sendable, Hashable {
        package var line: Int
        package var text: String
        package var step: Step
    }

    /// Name of the base image; `scratch` is none.
    package let base: String
    package let instructions: [Instruction]

    /// Whether it has programs run at all.
    package var runs: Bool { instructions.contains { if case .run = $0.step { true } else { false } } }

    /// - Throws: `DockerfileError` for what is wrong or not done, with its line.
    package init(_ text: String, base environment: @escaping (String) -> [String: String]) throws(DockerfileError) {
        var parser = Parser(lines: try DockerfileLines.logical(text), baseEnvironment: environment)
        while let line = parser.next() { try parser.take(line) }
        guard let base = parser.base else { throw DockerfileError(line: 1, "has no FROM") }
        self.base = base
        instructions = parser.instructions
    }

    /// The name in the first FROM that can be told without a base, for finding that.
    package static func baseName(_ text: String) throws(DockerfileError) -> String {
        try Dockerfile(text) { _ in [:] }.base
    }
}

/// What is wrong with a Dockerfile, or what is not done, and where.
package struct DockerfileError: Error, Sendable, Hashable, CustomStringConvertible {
    package var line: Int
    package var what: String

    init(line: Int, _ what: String) {
        self.line = line
        self.what = what
    }

    package var description: String { "environment/Dockerfile:\(line): \(what)" }
}
