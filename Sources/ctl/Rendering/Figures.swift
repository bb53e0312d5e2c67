import CommandLineKit
import Wire

/// Numbers as people read them.
enum Figures {
    /// `0.12 s`, `12.3 s`, `3 min 05 s`, `2 h 07 min`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0 else { return "?" }
        if seconds < 9.995 { return decimal(seconds, places: 2) + " s" }
        if seconds < 59.95 { return decimal(seconds, places: 1) + " s" }
        let whole = Int(min(seconds, 1e15).rounded())
        if whole < 3600 { return "\(whole / 60) min \(twoDigits(whole % 60)) s" }
        return "\(whole / 3600) h \(twoDigits(whole % 3600 / 60)) min"
    }

    static func duration(_ start: Timestamp?, _ end: Timestamp?) -> String {
        guard let start, let end else { return "-" }
        return duration(seconds: Double(end.milliseconds - start.milliseconds) / 1000)
    }

    /// `512 B`, `1.5 KiB`, `3.0 GiB`.
    static func bytes(_ count: Int) -> String {
        guard count >= 1024 else { return "\(count) B" }
        var value = Double(count) / 1024
        for unit in ["KiB", "MiB", "GiB"] {
            if value < 1024 { return decimal(value, places: 1) + " " + unit }
            value /= 1024
        }
        return decimal(value, places: 1) + " TiB"
    }

    /// `1`, `0.5`, `0.333`; `-` when there is none.
    static func reward(_ value: Double?) -> String {
        guard let value else { return "-" }
        var text = decimal(value, places: 3)
        while text.contains("."), text.hasSuffix("0") { text.removeLast() }
        return text.hasSuffix(".") ? String(text.dropLast()) : text
    }

    /// `2026-11-21 05:10:00`, UTC.
    static func moment(_ time: Timestamp) -> String {
        time.description.prefix(19).split(separator: "T").joined(separator: " ")
    }

    /// `1 path`, `3 paths`.
    static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
        "\(number) \(number == 1 ? singular : plural ?? singular + "s")"
    }

    static func decimal(_ value: Double, places: Int) -> String {
        let factor = (0..<places).reduce(1) { power, _ in power * 10 }
        let magnitude = value.magnitude * Double(factor)
        guard magnitude < 1e15 else { return "\(value)" }
        let scaled = Int(magnitude.rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard places > 0 else { return sign + "\(scaled)" }
        let fraction = String(scaled % factor)
        return sign + "\(scaled / factor)."
            + String(repeating: "0", count: places - fraction.count) + fraction
    }

    private static func twoDigits(_ value: Int) -> String {
        (value < 10 ? "0" : "") + "\(value)"
    }
}
