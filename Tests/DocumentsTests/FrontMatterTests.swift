import Testing

@testable import Documents

@Suite struct FrontMatterTests {
    private func parse(_ yaml: String) throws -> [String: DocumentValue] {
        try FrontMatter(Array("---\n\(yaml)\n---\nbody".utf8), file: "SKILL.md").decode([String: DocumentValue].self)
    }

    private func refusal(_ yaml: String) -> DocumentError? {
        #expect(throws: DocumentError.self) { try parse(yaml) }
    }

    @Test("Front matter and body are told apart")
    func split() throws {
        struct Head: Decodable, Equatable {
            let name, description: String
            let metadata: [String: String]
        }
        let text =
            "---\r\nname: csv-repair\r\ndescription: >\r\n  Mends\r\n  CSV.\r\nmetadata:\r\n  version: \"1.0\"\r\n---\r\n# T\r\n---\r\nx"
        let document = try FrontMatter(Array(text.utf8), file: "SKILL.md")
        let head = try document.decode(Head.self)
        #expect(head == Head(name: "csv-repair", description: "Mends CSV.\n", metadata: ["version": "1.0"]))
        #expect(document.body == "# T\n---\nx")
    }

    @Test("Only true and false are booleans: Norway stays a country")
    func scalars() throws {
        let value = try parse(
            """
            a: no
            b: yes
            c: on
            d: true
            e: FALSE
            f: ~
            g: null
            h: -12
            i: 1.5
            j: 0o17
            k: 007
            l: 1_000
            m: 12:30:00
            n: "true"
            o: 1e3
            p: .inf
            q: 2026-11-21
            r: 99999999999999999999
            s:
            t: [1, [x, {y: 2}]]
            """
        )
        #expect(value["a"] == .text("no"))
        #expect(value["b"] == .text("yes"))
        #expect(value["c"] == .text("on"))
        #expect(value["d"] == .flag(true))
        #expect(value["e"] == .flag(false))
        #expect(value["f"] == .null)
        #expect(value["g"] == .null)
        #expect(value["h"] == .integer(-12))
        #expect(value["i"] == .number(1.5))
        #expect(value["j"] == .text("0o17"))
        #expect(value["k"] == .text("007"))
        #expect(value["l"] == .text("1_000"))
        #expect(value["m"] == .text("12:30:00"))
        #expect(value["n"] == .text("true"))
        #expect(value["p"] == .text(".inf"))
        #expect(value["q"] == .text("2026-11-21"))
        #expect(value["r"] == .text("99999999999999999999"))
        #expect(value["s"] == .null)
        #expect(value["t"] == .list([.integer(1), .list([.text("x"), .table(["y": .integer(2)])])]))
    }

    @Test("An empty front matter has no keys")
    func empty() throws {
        #expect(try parse("").isEmpty)
        #expect(try parse("# only a comment").isEmpty)
    }

    @Test("Aliases, anchors, tags and merge keys are refused where they stand")
    func aliases() throws {
        let bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]"
        #expect(refusal(bomb)?.message.contains("anchors") == true)
        #expect(refusal("a: 1\nb: *a")?.message.contains("aliases") == true)
        #expect(refusal("a: !!python/object:os.system x")?.message.contains("tags") == true)
        #expect(refusal("a: 1\n<<: {b: 2}")?.message.contains("merge") == true)
        // Line 3 of the file: the fence is line 1.
        #expect(refusal("a: 1\nb: *a")?.line == 3)
    }

    @Test("Repeated keys are refused at any level")
    func repeated() {
        #expect(refusal("name: a\nname: b")?.line == 3)
        #expect(refusal("name: a\n\"name\": b") != nil)
        #expect(refusal("m:\n  x: 1\n  x: 2")?.message.contains("'x'") == true)
    }

    @Test(
        "What is no table of keys is refused",
        arguments: ["- a\n- b", "just text", "? [a, b]\n: c", "a: [", "a: b: c", "\tx: 1", "a: 1\n... \nb: 2"]
    )
    func shapes(yaml: String) {
        #expect(refusal(yaml) != nil)
    }

    @Test("The number of keys is limited, as finding repeated ones takes time")
    func keys() throws {
        let lines = (0..<1000).map { "k\($0): \($0)" }
        #expect(try parse(lines.joined(separator: "\n")).count == 1000)
        #expect(refusal((lines + ["one: more"]).joined(separator: "\n"))?.message.contains("1000 keys") == true)
    }

    @Test("Depth is limited")
    func depth() {
        #expect(refusal("a: " + String(repeating: "[", count: 100_000)) != nil)
        #expect(
            refusal("a: " + String(repeating: "{x: ", count: 200) + "1" + String(repeating: "}", count: 200)) != nil
        )
    }

    @Test("Missing fences are said", arguments: ["name: x\n---\n", "---\nname: x\n", "", "--- name: x\n---\n"])
    func fences(text: String) {
        let error = #expect(throws: DocumentError.self) { try FrontMatter(Array(text.utf8), file: "SKILL.md") }
        #expect(error?.line == 1)
    }
}
