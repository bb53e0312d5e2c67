/// Measured times of one way to do something.
struct Samples {
    let name: String
    private(set) var milliseconds: [Double] = []

    init(_ name: String) {
        self.name = name
    }

    mutating func add(_ duration: Duration) {
        add(milliseconds: duration / .milliseconds(1))
    }

    mutating func add(milliseconds value: Double) {
        milliseconds.append(value)
    }

    var median: Double { quantile(0.5) }
    var p95: Double { quantile(0.95) }

    /// The nearest value from below; 0 without samples.
    private func quantile(_ share: Double) -> Double {
        let sorted = milliseconds.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[Int(Double(sorted.count - 1) * share)]
    }

    /// `name   median   p95   ratio`, in aligned columns; the ratio is to the median of `peer`.
    func line(to peer: Samples? = nil) -> String {
        var line = padded(name, 44) + number(median, 9) + number(p95, 9)
        if let peer, peer.median > 0 { line += number(median / peer.median, 9) }
        return line
    }

    static let heading =
        padded("", 44) + "   median      p95    ratio\n" + padded("", 44) + "       ms       ms  to peer"
}

func padded(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

/// With two decimals, aligned to the right.
func number(_ value: Double, _ width: Int) -> String {
    let hundredths = Int((value * 100).rounded())
    let fraction = String(hundredths % 100)
    let text = "\(hundredths / 100)." + (fraction.count == 1 ? "0" : "") + fraction
    return String(repeating: " ", count: max(0, width - text.count)) + text
}
