import Tasks
import Testing

@Suite struct ArtifactPlanTests {
    private func plan(_ declared: ArtifactDeclaration...) -> [ArtifactPlan.Item] {
        ArtifactPlan(declared, workingDirectory: "/app").items
    }

    @Test("Artifacts mirror their absolute paths, unless they have a destination")
    func places() {
        let items = plan(
            .init(source: "/var//log/x/"),
            .init(source: "out/./a"),
            .init(source: "/y", destination: "z/y")
        )
        #expect(items.map(\.source) == ["/logs/artifacts", "/var/log/x", "/app/out/a", "/y"])
        #expect(items.map(\.destination) == ["logs/artifacts", "var/log/x", "app/out/a", "z/y"])
        #expect(items.allSatisfy { $0.conflict == nil })
    }

    @Test("The conventional directory is declared once")
    func convention() {
        #expect(plan().map(\.source) == ["/logs/artifacts"])
        let own = plan(.init(source: "/logs/artifacts/", exclude: ["*.tmp"]))
        #expect(own.map(\.source) == ["/logs/artifacts"] && own.first?.exclude == ["*.tmp"])
    }

    @Test("Of those that overlap the first counts")
    func conflicts() {
        let items = plan(
            .init(source: "/app"),
            .init(source: "/app/x"),
            .init(source: "/b", destination: "app/x/y"),
            .init(source: "/application"),
            .init(source: "/app"),
            .init(source: "/app/x", destination: "elsewhere")
        )
        let sources = ["/logs/artifacts", "/app", "/app/x", "/b", "/application", "/app/x"]
        #expect(items.map(\.source) == sources)
        #expect(items.map(\.conflict) == [nil, nil, "/app", "/app", nil, nil])
    }

    @Test("Nothing takes the manifest's place, wherever the working directory is")
    func manifest() {
        let items = ArtifactPlan([.init(source: "manifest.json")], workingDirectory: "/").items
        #expect(items.map(\.conflict) == [nil, "the manifest"])
    }

    @Test(
        "What is no path of one thing is refused",
        arguments: [
            "\"/\"", "\"\"", "\".\"", "\"a/../b\"", "\"/manifest.json\"", "\"/manifest.json/x\"",
            "{source = \"/x\", destination = \"/y\"}",
            "{source = \"/x\", destination = \"./manifest.json\"}",
        ]
    )
    func refused(text: String) throws {
        #expect(try Scratch().refusal("artifacts = [\(text)]\n").contains("artifacts[0]"))
    }

    @Test("Exclusions are tar's: from any slash on, and stars cross slashes")
    func exclusions() {
        func excluded(_ pattern: String, _ path: String) -> Bool { ExcludePatterns([pattern]).excludes(path) }
        for (pattern, path) in [
            ("*.pyc", "a.pyc"), ("*.pyc", "d/e/a.pyc"), ("node_modules", "x/node_modules"), ("./a", "a"),
            ("d/*", "d/e/f"), ("e/f", "d/e/f"), ("d*f", "d/e/f"), ("[ab]", "x/b"),
        ] {
            #expect(excluded(pattern, path), "\(pattern) leaves \(path) out")
        }
        for (pattern, path) in [
            ("*.pyc", "a.py"), ("./b", "a/b"), ("node", "node_modules"), ("e", "d/ee"), ("a/c", "a/b/c"), ("", "a"),
        ] {
            #expect(!excluded(pattern, path), "\(pattern) keeps \(path)")
        }
        #expect(!ExcludePatterns([]).excludes("a"))
    }
}
