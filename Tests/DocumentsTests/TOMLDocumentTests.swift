import Testing

@testable import Documents

@Suite struct TOMLDocumentTests {
    private func value(_ text: String) throws -> [String: DocumentValue] {
        try TOMLDocument(Array(text.utf8), file: "a.toml").decode([String: DocumentValue].self)
    }

    private func refusal(_ text: String) -> DocumentError? {
        #expect(throws: DocumentError.self) { try TOMLDocument(Array(text.utf8), file: "a.toml") }
    }

    @Test("Every kind of scalar arrives exactly")
    func scalars() throws {
        let value = try value(
            """
            big = 9223372036854775807
            small = -9223372036854775808
            beyond = 9007199254740993
            hex = 0xff
            real = 6.02e23
            whole = 1.0
            tiny = 2.2250738585072014e-308
            yes = true
            text = "tab\\t quote\\" back\\\\ nul\\u0000 del\\u007F snow\\u2603 \\U0001F600 ünï"
            raw = 'C:\\new'
            lines = \"""
            one
            two\"""
            """
        )
        #expect(value["big"] == .integer(.max))
        #expect(value["small"] == .integer(.min))
        #expect(value["beyond"] == .integer(9_007_199_254_740_993))
        #expect(value["hex"] == .integer(255))
        #expect(value["real"] == .number(6.02e23))
        #expect(value["tiny"] == .number(2.2250738585072014e-308))
        #expect(value["yes"] == .flag(true))
        #expect(value["text"] == .text("tab\t quote\" back\\ nul\0 del\u{7f} snow☃ 😀 ünï"))
        #expect(value["raw"] == .text("C:\\new"))
        #expect(value["lines"] == .text("one\ntwo"))
        #expect(value.count == 11)
    }

    @Test("Infinities and nan are numbers, not words")
    func nonFinite() throws {
        struct Numbers: Decodable {
            let a, b, c: Double
        }
        let document = try TOMLDocument(Array("a = inf\nb = -inf\nc = nan".utf8), file: "a.toml")
        let numbers = try document.decode(Numbers.self)
        #expect(numbers.a == .infinity)
        #expect(numbers.b == -.infinity)
        #expect(numbers.c.isNaN)
        #expect(try document.decode([String: DocumentValue].self)["a"] == .number(.infinity))
        #expect(throws: DocumentError.self) {
            try TOMLDocument(Array("a = \"inf\"\nb = 1.0\nc = 1.0".utf8), file: "a.toml").decode(Numbers.self)
        }
    }

    @Test("Dates and times become the text that was written")
    func dates() throws {
        let value = try value(
            "a = 1979-05-27T07:32:00Z\nb = 1979-05-27T00:32:00.5-07:00\nc = 1979-05-27\nd = 07:32:00"
        )
        #expect(value["a"] == .text("1979-05-27T07:32:00Z"))
        #expect(value["b"] == .text("1979-05-27T00:32:00.5-07:00"))
        #expect(value["c"] == .text("1979-05-27"))
        #expect(value["d"] == .text("07:32:00"))
    }

    @Test("Nested tables, dotted keys and arrays of tables")
    func structure() throws {
        let value = try value(
            """
            a.b.c = 1
            list = [[1, 2], ["x", {y = 2}], []]
            empty = {}
            [[servers]]
            name = "one"
            [[servers.ports]]
            n = 1
            [[servers.ports]]
            n = 2
            [[servers]]
            name = "two"
            """
        )
        #expect(value["a"] == .table(["b": .table(["c": .integer(1)])]))
        #expect(
            value["list"]
                == .list([
                    .list([.integer(1), .integer(2)]), .list([.text("x"), .table(["y": .integer(2)])]), .list([]),
                ])
        )
        #expect(value["empty"] == .table([:]))
        #expect(
            value["servers"]
                == .list([
                    .table([
                        "name": .text("one"),
                        "ports": .list([.table(["n": .integer(1)]), .table(["n": .integer(2)])]),
                    ]),
                    .table(["name": .text("two")]),
                ])
        )
    }

    @Test("Tables keep the order of the file")
    func order() throws {
        let bytes = Array("zebra = 1\napple = 2\n[mango]\nx = 1\n[banana]\n".utf8)
        let content = try TOMLDocument(bytes, file: "a.toml").content
        #expect(String(decoding: content.json, as: UTF8.self) == #"{"zebra":1,"apple":2,"mango":{"x":1},"banana":{}}"#)
    }

    @Test(
        "Broken documents are located",
        arguments: [
            ("a = 1\nb = = 2\n", 2), ("a = 1\na = 2\n", 2), ("[t\n", 1), ("x = \"open\n", 1),
            ("ok = 1\n\nn = 9223372036854775808\n", 3), ("a = 1\nb = \"\\q\"\n", 2),
        ]
    )
    func located(text: String, line: Int) throws {
        let error = try #require(refusal(text))
        #expect(error.line == line)
        #expect((error.column ?? 0) > 0)
        #expect(error.description.hasPrefix("a.toml:\(line):"))
    }

    @Test(
        "Input that trips the parser's own assertions is an error",
        arguments: ["[=", "[[=", "[ ?]", "vvv\u{FEBF}", "a = \u{FE0F}1", "ключ = 1"]
    )
    func assertions(text: String) throws {
        #expect(try #require(refusal(text)).line == 1)
    }

    @Test("Text beyond ASCII is fine in quotes, in comments, and behind a byte order mark")
    func unicode() throws {
        let text =
            ##"\##u{FEFF}"ключ" = '\##u{FE0F}é' # ü \##u{FE0F}\##nt = """ü"""""\##nu = """\\##n  \##u{FE0F}x"""\##n"##
        #expect(
            try value(text) == ["ключ": .text("\u{FE0F}é"), "t": .text("ü\"\""), "u": .text("\u{FE0F}x")]
        )
    }

    @Test("Invalid UTF-8 is refused")
    func invalidUTF8() {
        #expect(throws: DocumentError.self) {
            try TOMLDocument([UInt8(ascii: "a"), 0x3d, 0x22, 0xff, 0xfe, 0x22], file: "a.toml")
        }
    }

    @Test("Depth is limited wherever it can come from")
    func depth() {
        #expect(refusal("a = " + String(repeating: "[", count: 100_000)) != nil)
        #expect(refusal("a = " + String(repeating: "{b=", count: 100_000)) != nil)
        #expect(refusal(String(repeating: "a.", count: 100_000) + "b = 1")?.message.contains("dotted") == true)
        #expect(refusal("[" + String(repeating: "a.", count: 100_000) + "b]\n")?.message.contains("dotted") == true)
        // A scan that looked ahead at every byte would need minutes for this.
        let run = "#" + String(repeating: "'", count: DocumentContent.maximumBytes - 10)
        #expect(throws: Never.self) { try value(run) }
        // Dots in strings, comments and numbers are no keys.
        let dots = String(repeating: ".", count: 200)
        #expect(throws: Never.self) { try value("a = \"\(dots)\" # \(dots)\nb = '''\n\(dots)\n'''\nc = [1.5, 2.5]\n") }
    }

    @Test("A document beyond the size limit is refused before it is parsed")
    func size() {
        let comment = "#" + String(repeating: "x", count: DocumentContent.maximumBytes)
        #expect(refusal(comment)?.message.contains("limit") == true)
    }

    @Test("Decoding errors name file and key path")
    func keyPaths() throws {
        struct Root: Decodable {
            let list: [Item]
            struct Item: Decodable {
                let n: Int
            }
        }
        let document = try TOMLDocument(Array("list = [{n = 1}, {n = \"x\"}]".utf8), file: "a.toml")
        let wrong = #expect(throws: DocumentError.self) { try document.decode(Root.self) }
        #expect(wrong?.description == "a.toml: list[1].n: must be a whole number")
        let missing = #expect(throws: DocumentError.self) {
            try TOMLDocument(Array("list = [{}]".utf8), file: "a.toml").decode(Root.self)
        }
        #expect(missing?.description == "a.toml: list[0].n: is required and missing")
    }
}
