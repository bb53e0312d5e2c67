/// Names as Harbor makes them, safe as file names.
enum TrialName {
    /// Without the characters that are easily confused, as shortuuid has it.
    private static let alphabet = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")

    /// `<the task's own name, 32 characters>__<7 random characters>`.
    static func make(task: String) -> String {
        let own = task.split(separator: "/").last ?? "task"
        var stem = String(own.map { safe.contains($0) ? $0 : "-" }.prefix(32))
        while let last = stem.last, last == "_" || last == "-" { stem.removeLast() }
        // A leading dot would hide the trial's directory, or name another one.
        while stem.first == "." { stem.removeFirst() }
        if stem.isEmpty { stem = "task" }
        return stem + "__" + suffix()
    }

    static func suffix() -> String {
        String((0..<7).map { _ in alphabet[Int.random(in: 0..<alphabet.count)] })
    }

    private static let safe = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
}
