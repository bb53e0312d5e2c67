/// The instructions of a Dockerfile, as far as they make a root file system; see docs.docker.com/reference/dockerfile.
///
/// One stage after the other, each on an image or on an earlier stage; the last one is the image. CMD, ENTRYPOINT, EXPOSE, LABEL, MAINTAINER, STOPSIGNAL, VOLUME, HEALTHCHECK and ONBUILD mean
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

    /// What a stage is built on, or what COPY takes from.
    package enum Origin: Sendable, Hashable {
        case image(String)
        /// An earlier stage, by its place in the file.
        case stage(Int)
    }

    /// COPY, and ADD of local files.
    package struct Copy: Sendable, Hashable {
        /// nil is the context.
        package var origin: Origin?
        /// Relative to the context, or to the root of what is copied from; may have `*` and `?`.
        package var sources: [String]
        package var destination: String
        /// A user or id, perhaps with `:` and a group.
        package var owner: String?
        package var mode: UInt32?
        /// ADD unpacks archives.
        package var isAdd: Bool
    }

    /// A step, and how it stands in the file.
    package struct Instruction: Sendable, Hashable {
        package var line: Int
        package var text: String
        package var step: Step
    }

    /// FROM and what follows it.
    package struct Stage: Sendable, Hashable {
        /// Its place in the file.
        package let index: Int
        package let base: Origin
        package let instructions: [Instruction]

        /// All that it is made of.
        fileprivate var origins: [Origin] {
            [base]
                + instructions.compactMap { instruction in
                    if case .copy(let copy) = instruction.step { copy.origin } else { nil }
                }
        }
    }

    /// The stages that the last one needs, in their order, and that itself.
    package let stages: [Stage]

    /// Names of the images that those are built on and copy from.
    package var images: [String] {
        var names: [String] = []
        for case .image(let name) in stages.flatMap(\.origins) where !names.contains(name) { names.append(name) }
        return names
    }

    /// Whether it has programs run at all.
    package var runs: Bool {
        stages.contains { $0.instructions.contains { if case .run = $0.step { true } else { false } } }
    }

    /// - Throws: `DockerfileError` for what is wrong or not done, with its line.
    package init(_ text: String, base environment: @escaping (String) -> [String: String]) throws(DockerfileError) {
        var parser = Parser(lines: try DockerfileLines.logical(text), baseEnvironment: environment)
        while let line = parser.next() { try parser.take(line) }
        let all = parser.finished()
        guard let last = all.last else { throw DockerfileError(line: 1, "has no FROM") }
        var needed: Set<Int> = [last.index]
        for stage in all.reversed() where needed.contains(stage.index) {
            for case .stage(let index) in stage.origins { needed.insert(index) }
        }
        stages = all.filter { needed.contains($0.index) }
    }

    /// The images that can be told without their variables, for finding them.
    package static func images(of text: String) throws(DockerfileError) -> [String] {
        try Dockerfile(text) { _ in [:] }.images
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
