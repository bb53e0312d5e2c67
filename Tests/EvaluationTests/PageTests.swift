import Evaluation
import Testing
import Wire

/// The page is well formed whatever things are called, and asks nobody for anything.
struct PageTests {
    private static let hostile = "</title><script>alert(\"1\")</script>&'\u{1}\u{202E}"

    private static func page(_ kind: EvaluationProtocol, finished: Bool = true) -> String {
        var world = SimulatedWorld(plan: SimulatedWorld.plan(kind, agents: 2))
        world.plan.families[0].name = hostile
        world.plan.families[1].role = hostile
        world.plan.agents[0].label = hostile
        world.plan.teacher.label = hostile
        world.restless = ["baking"]
        let begun = EvaluationState(world.plan)
        return Page(EvaluationReport(finished ? world.finish(begun) : begun)).html
    }

    @Test(arguments: EvaluationProtocol.allCases, [true, false])
    func itIsWellFormedWithHostileNames(kind: EvaluationProtocol, finished: Bool) throws {
        let page = Self.page(kind, finished: finished)
        #expect(page.contains("&lt;script&gt;") && !page.lowercased().contains("<script"))
        #expect(!page.unicodeScalars.contains { $0 == "\u{1}" || $0 == "\u{202E}" })
        let fault = WellFormed.fault(in: page)
        #expect(fault == nil)
        #expect(finished || page.contains("not finished"))
        #expect(kind == .after || page.contains("<svg "))
    }

    @Test(arguments: EvaluationProtocol.allCases)
    func nothingComesFromElsewhere(kind: EvaluationProtocol) {
        let page = Self.page(kind).replacing("http://www.w3.org/2000/svg", with: "")
        for word in ["http:", "https:", "url(", "@import", "src=", "href="] { #expect(!page.contains(word), "\(word)") }
    }

    @Test func theCheckerFindsWhatIsNotWellFormed() {
        #expect(WellFormed.fault(in: "<a><b></a></b>") != nil)
        #expect(WellFormed.fault(in: "<a x=\"1\" x=\"2\"></a>") != nil)
        #expect(WellFormed.fault(in: "<a") != nil && WellFormed.fault(in: "<a>") != nil)
        #expect(WellFormed.fault(in: "<a>&nbsp</a>") != nil && WellFormed.fault(in: "<a b=c></a>") != nil)
        #expect(WellFormed.fault(in: "<!DOCTYPE html>\n<a b=\"&amp;\"><c/>d &lt;</a>") == nil)
    }
}

/// Whether a text is well-formed XML, as far as our pages use it.
enum WellFormed {
    /// The first fault; nil where there is none.
    static func fault(in text: String) -> String? {
        var open: [Substring] = []
        var rest = text[...]
        while let begin = rest.firstIndex(of: "<") {
            if let fault = entityFault(rest[..<begin]) { return fault }
            guard let end = rest[begin...].firstIndex(of: ">") else { return "'<' without '>'" }
            let tag = rest[rest.index(after: begin)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("!DOCTYPE") { continue }
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return "</\(tag.dropFirst())> closes nothing" }
                continue
            }
            let isEmpty = tag.hasSuffix("/")
            let name = tag.prefix { $0.isLetter || $0.isNumber }
            if let fault = attributeFault(tag.dropFirst(name.count).dropLast(isEmpty ? 1 : 0)) {
                return "\(name): \(fault)"
            }
            if !isEmpty { open.append(name) }
        }
        return entityFault(rest) ?? open.last.map { "<\($0)> is never closed" }
    }

    private static func attributeFault(_ text: Substring) -> String? {
        var (rest, names) = (text, Set<Substring>())
        while true {
            rest = rest.drop { $0 == " " }
            guard !rest.isEmpty else { return nil }
            let name = rest.prefix { $0.isLetter || "-0123456789".contains($0) }
            rest = rest.dropFirst(name.count)
            guard !name.isEmpty, rest.hasPrefix("=\"") else {
                return "an attribute without a quoted value: \(rest.prefix(20))"
            }
            let value = rest.dropFirst(2).prefix { $0 != "\"" }
            guard names.insert(name).inserted else { return "\(name) is there twice" }
            guard !value.contains("<") else { return "'<' in \(name)" }
            if let fault = entityFault(value) { return fault }
            rest = rest.dropFirst(value.count + 3)
        }
    }

    private static func entityFault(_ text: Substring) -> String? {
        var rest = text
        while let begin = rest.firstIndex(of: "&") {
            rest = rest[rest.index(after: begin)...]
            guard ["amp;", "lt;", "gt;", "quot;", "#39;"].contains(where: rest.hasPrefix) else {
                return "'&' without an entity: \(rest.prefix(10))"
            }
        }
        return nil
    }
}
