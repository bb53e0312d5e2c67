import Distillation
import Wire

/// Cuts a program's stderr into lines and takes those for progress that are objects with a `text`; the rest is not read.
struct ProgressLines {
    /// Of one line.
    private static let maximumBytes = 4 << 10
    /// Of one run: a program cannot flood a client.
    private static let maximumLines = 1000

    private var line: [UInt8] = []
    private var isTooLong = false
    private var told = 0

    mutating func feed(_ bytes: [UInt8]) -> [DistillProgress] {
        var news: [DistillProgress] = []
        for byte in bytes {
            if byte != UInt8(ascii: "\n") {
                isTooLong = isTooLong || line.count >= Self.maximumBytes
                if !isTooLong { line.append(byte) }
                continue
            }
            if !isTooLong, told < Self.maximumLines, line.first == UInt8(ascii: "{"),
                let progress = try? WireJSON.decode(DistillProgress.self, from: line)
            {
                news.append(progress)
                told += 1
            }
            line = []
            isTooLong = false
        }
        return news
    }
}
