extension Dockerfile {
    /// Takes one instruction after the other; knows the variables so far.
    struct Parser {
        private var lines: ArraySlice<DockerfileLines.Line>
        private let baseEnvironment: (String) -> [String: String]
        /// The stages before the one that is being read.
        private var stages: [(stage: Stage, environment: [String: String])] = []
        /// By their names in FROM, in lower case.
        private var stageNames: [String: Int] = [:]
        private var base: Origin?
        private var instructions: [Instruction] = []
        /// ARG before FROM, which count in FROM alone.
        private var globals: [String: String] = [:]
        private var arguments: [String: String] = [:]
        private var environment: [String: String] = [:]
        private var shell = Self.shell
        private static let shell = ["/bin/sh", "-c"]

        init(lines: [DockerfileLines.Line], baseEnvironment: @escaping (String) -> [String: String]) {
            self.lines = lines[...]
            self.baseEnvironment = baseEnvironment
        }

        /// All stages, once there are no more lines.
        mutating func finished() -> [Stage] {
            endStage()
            return stages.map(\.stage)
        }

        private mutating func endStage() {
            guard let base else { return }
            stages.append((Stage(index: stages.count, base: base, instructions: instructions), environment))
            instructions = []
        }

        mutating func next() -> DockerfileLines.Line? { lines.popFirst() }

        mutating func take(_ line: DockerfileLines.Line) throws(DockerfileError) {
            func fail(_ what: String) -> DockerfileError { DockerfileError(line: line.number, what) }
            guard base != nil || ["FROM", "ARG"].contains(line.keyword) else {
                throw fail("\(line.keyword) before FROM")
            }
            guard !line.rest.isEmpty else { throw fail("\(line.keyword) says nothing") }
            switch line.keyword {
            case "FROM": try takeBase(line)
            case "ARG": try takeArgument(line)
            case "ENV":
                let pairs = try pairs(line)
                environment.merge(pairs) { $1 }
                add(line, .environment(pairs))
            case "WORKDIR": add(line, .workingDirectory(try words(line).joined(separator: " ")))
            case "USER": add(line, .user(try substitute(line.rest, line)))
            case "SHELL":
                guard let words = DockerfileText.list(line.rest), !words.isEmpty else {
                    throw fail("SHELL needs a list such as [\"/bin/bash\", \"-c\"]")
                }
                shell = words
            case "RUN": try takeRun(line)
            case "COPY", "ADD": try takeCopy(line)
            case "CMD", "ENTRYPOINT", "EXPOSE", "LABEL", "MAINTAINER", "STOPSIGNAL", "VOLUME", "HEALTHCHECK", "ONBUILD":
                return
            default: throw fail("there is no instruction '\(line.keyword)'")
            }
        }

        private mutating func add(_ line: DockerfileLines.Line, _ step: Step) {
            instructions.append(Instruction(line: line.number, text: "\(line.keyword) \(line.rest)", step: step))
        }

        private mutating func takeBase(_ line: DockerfileLines.Line) throws(DockerfileError) {
            let words = line.rest.split(whereSeparator: \.isWhitespace).filter { !$0.hasPrefix("--") }
            guard let first = words.first else { throw DockerfileError(line: line.number, "FROM names no image") }
            let name = try DockerfileText.substitute(String(first), with: globals, line.number)
            guard !name.isEmpty else { throw DockerfileError(line: line.number, "FROM \(first) names no image") }
            guard name != "scratch" else {
                throw DockerfileError(line: line.number, "FROM scratch: builds need an image to build on")
            }
            endStage()
            (arguments, shell) = ([:], Self.shell)
            if let index = stageNames[name.lowercased()] {
                (base, environment) = (.stage(index), stages[index].environment)
            } else {
                (base, environment) = (.image(name), baseEnvironment(name))
            }
            guard words.count > 1 else { return }
            guard words.count == 3, words[1].lowercased() == "as", Int(words[2]) == nil else {
                throw DockerfileError(line: line.number, "FROM is 'FROM image AS name'")
            }
            stageNames[words[2].lowercased()] = stages.count
        }

        /// What `--from` names: an earlier stage, else an image.
        private func origin(_ name: String, _ line: DockerfileLines.Line) throws(DockerfileError) -> Origin {
            if let index = Int(name) {
                guard stages.indices.contains(index) else {
                    throw DockerfileError(line: line.number, "--from=\(name): there is no such stage before this one")
                }
                return .stage(index)
            }
            if let index = stageNames[name.lowercased()], index < stages.count { return .stage(index) }
            guard !name.isEmpty else { throw DockerfileError(line: line.number, "--from names nothing") }
            return .image(name)
        }

        private mutating func takeArgument(_ line: DockerfileLines.Line) throws(DockerfileError) {
            for word in try words(line) {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                let value = parts.count > 1 ? parts[1] : globals[parts[0]]
                if base == nil { globals[parts[0]] = value } else { arguments[parts[0]] = value }
            }
        }

        private mutating func takeRun(_ line: DockerfileLines.Line) throws(DockerfileError) {
            var rest = line.rest
            while rest.hasPrefix("--") {
                let option = rest.prefix { !$0.isWhitespace }
                // Caches make builds faster, not different.
                guard option.hasPrefix("--mount=type=cache") else {
                    throw DockerfileError(line: line.number, "RUN \(option) is not supported")
                }
                rest = DockerfileLines.trim(String(rest.dropFirst(option.count)))
            }
            if let words = DockerfileText.list(rest), !words.isEmpty { return add(line, run(words)) }
            guard let document = line.document else { return add(line, run(shell + [rest])) }
            // `RUN <<EOF` alone is a script; otherwise the shell reads the document itself.
            let isScript = rest.hasPrefix("<<")
            add(line, run(shell + [isScript ? document.content : "\(rest)\n\(document.content)\(document.word)\n"]))
        }

        /// Variables of ARG are in the environment of RUN, below those of ENV.
        private func run(_ words: [String]) -> Step {
            let own = arguments.filter { environment[$0.key] == nil }
            return .run(
                own.isEmpty ? words : ["/usr/bin/env"] + own.sorted { $0.key < $1.key }.map { "\($0)=\($1)" } + words
            )
        }

        private mutating func takeCopy(_ line: DockerfileLines.Line) throws(DockerfileError) {
            func fail(_ what: String) -> DockerfileError { DockerfileError(line: line.number, what) }
            guard line.document == nil else { throw fail("\(line.keyword) of a here-document is not supported") }
            var copy = Copy(sources: [], destination: "", isAdd: line.keyword == "ADD")
            var rest = line.rest
            while rest.hasPrefix("--") {
                let option = rest.prefix { !$0.isWhitespace }
                rest = DockerfileLines.trim(String(rest.dropFirst(option.count)))
                let value = try substitute(String(option.drop { $0 != "=" }.dropFirst()), line)
                switch option.prefix(while: { $0 != "=" }) {
                case "--from" where !copy.isAdd: copy.origin = try origin(value, line)
                case "--chown": copy.owner = value
                case "--chmod":
                    guard let mode = UInt32(value, radix: 8), mode <= 0o7777 else { throw fail("--chmod=\(value)") }
                    copy.mode = mode
                case "--link": break
                default: throw fail("\(line.keyword) \(option) is not supported")
                }
            }
            var words = DockerfileText.list(rest) ?? []
            if words.isEmpty { words = DockerfileText.words(try substitute(rest, line)) }
            guard let destination = words.popLast(), !words.isEmpty else {
                throw fail("\(line.keyword) needs two names")
            }
            if copy.isAdd, let remote = words.first(where: { $0.contains("://") }) {
                throw fail(
                    "ADD \(remote): only RUN has a network; fetch it there, or put the file beside the Dockerfile"
                )
            }
            copy.sources = words
            copy.destination = destination
            add(line, .copy(copy))
        }

        /// `NAME=value …`, or the older `NAME value`.
        private func pairs(_ line: DockerfileLines.Line) throws(DockerfileError) -> [String: String] {
            let words = try words(line)
            guard words[0].contains("=") else {
                guard words.count > 1 else { throw DockerfileError(line: line.number, "ENV \(words[0]) has no value") }
                return [words[0]: words.dropFirst().joined(separator: " ")]
            }
            var pairs: [String: String] = [:]
            for word in words {
                guard let sign = word.firstIndex(of: "="), sign != word.startIndex else {
                    throw DockerfileError(line: line.number, "'\(word)' is not NAME=value")
                }
                pairs[String(word[..<sign])] = String(word[sign...].dropFirst())
            }
            return pairs
        }

        private func words(_ line: DockerfileLines.Line) throws(DockerfileError) -> [String] {
            let words = DockerfileText.words(try substitute(line.rest, line))
            guard !words.isEmpty else { throw DockerfileError(line: line.number, "\(line.keyword) says nothing") }
            return words
        }

        private func substitute(_ text: String, _ line: DockerfileLines.Line) throws(DockerfileError) -> String {
            try DockerfileText.substitute(text, with: arguments.merging(environment) { $1 }, line.number)
        }
    }
}
