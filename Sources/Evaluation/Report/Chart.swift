/// A drawing in SVG, as wide as a page, with a title for those who do not see it.
struct Chart {
    private static let width = 760.0
    private var parts: [Markup] = []
    private var height: Double
    private let title: String

    init(_ title: String, height: Double) {
        self.title = title
        self.height = height
    }

    var markup: Markup {
        .element(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"), ("role", "img"),
                ("viewBox", "0 0 \(Digits.fixed(Self.width, 0)) \(Digits.fixed(height, 0))"),
            ],
            [.text("title", [], title)] + parts
        )
    }

    enum Anchor: String { case start, middle, end }

    mutating func text(_ x: Double, _ y: Double, _ text: String, _ anchor: Anchor = .start, _ kind: String = "t") {
        parts.append(
            .text(
                "text",
                [("x", number(x)), ("y", number(y)), ("text-anchor", anchor.rawValue), ("class", kind)],
                text
            )
        )
    }

    mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ kind: String) {
        parts.append(
            .element(
                "line",
                [("x1", number(x1)), ("y1", number(y1)), ("x2", number(x2)), ("y2", number(y2)), ("class", kind)]
            )
        )
    }

    /// `hint` is what a pointer that rests on it is told.
    mutating func box(_ x: Double, _ y: Double, _ width: Double, _ height: Double, _ kind: String, hint: String) {
        let place = [("x", x), ("y", y), ("width", max(0, width)), ("height", max(0, height))] as [(String, Double)]
        parts.append(
            .element("rect", place.map { ($0.0, number($0.1)) } + [("class", kind)], [.text("title", [], hint)])
        )
    }

    mutating func dot(_ x: Double, _ y: Double, _ kind: String, hint: String) {
        parts.append(
            .element(
                "circle",
                [("cx", number(x)), ("cy", number(y)), ("r", "4.5"), ("class", kind)],
                [.text("title", [], hint)]
            )
        )
    }

    mutating func path(_ points: [(x: Double, y: Double)], _ kind: String) {
        let steps = points.enumerated().map {
            "\($0.offset == 0 ? "M" : "L")\(number($0.element.x)) \(number($0.element.y))"
        }
        parts.append(.element("path", [("d", steps.joined(separator: " ")), ("class", kind)]))
    }

    /// XML wants a plain hyphen.
    private func number(_ value: Double) -> String {
        Digits.fixed(value, 1).replacing("−", with: "-")
    }
}

extension Condition {
    /// The class of its colour.
    var colour: String { "c\(Self.allCases.firstIndex(of: self) ?? 0)" }
}
