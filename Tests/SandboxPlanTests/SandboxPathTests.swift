import SandboxPlan
import Testing

struct PrintableTests {
    @Test func untrustedNamesCannotForgeLines() {
        #expect(printable(Array("a/ü b".utf8)) == "a/ü b")
        #expect(printable(Array("a\nb\u{1b}[2J".utf8)) == "a\\x0ab\\x1b[2J")
        #expect(printable([0x61, 0xff, 0x5c]) == "a\\xff\\x5c")
        #expect(printable(Array("a\\x0a".utf8)) == "a\\\\x0a")
        #expect(printable(Array("\u{85}".utf8)) == "\\xc2\\x85")
    }
}
