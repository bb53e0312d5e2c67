import CommandLineKit
import Wire

/// `memory=512M,pids=64,cpus=1,cpu=10s,time=60s,disk=100M,inodes=10k,files=256,output=10M`.
struct LimitsArgument: ArgumentValue {
    var limits = SandboxExec.Limits()
    /// Bytes that are passed on of each of the command's two output streams.
    var outputBytes = 64 << 20

    static let keys = ["memory", "pids", "cpus", "cpu", "time", "disk", "inodes", "files", "output"]
    /// What `--help` shows for the option.
    static let help =
        "Limits as KEY=VALUE,...: memory, disk and output (512M), pids, inodes and files (10k), cpus (1.5), "
        + "cpu for processor time and time for the clock (10s, 5m)."

    init() {}

    init(argument: String) throws(UsageError) {
        var seen: Set<String> = []
        for entry in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2 else { throw UsageError("'\(entry)' is not KEY=VALUE, for example memory=512M") }
            guard seen.insert(parts[0]).inserted else { throw UsageError("'\(parts[0])' is given twice") }
            try set(parts[0], parts[1])
        }
    }

    private mutating func set(_ key: String, _ value: String) throws(UsageError) {
        switch key {
        case "memory": limits.memoryBytes = try Self.bytes(key, value)
        case "disk": limits.diskBytes = try Self.bytes(key, value)
        case "output": outputBytes = try Self.bytes(key, value)
        case "pids": limits.processes = try Self.count(key, value)
        case "inodes": limits.inodes = try Self.count(key, value)
        case "files": limits.openFiles = try Self.count(key, value)
        case "cpus": limits.cpus = try Self.number(key, value, [("", 1)], "a number such as 1.5")
        case "cpu": limits.cpuSeconds = try Self.seconds(key, value)
        case "time": limits.wallSeconds = try Self.seconds(key, value)
        default:
            throw UsageError("there is no limit '\(key)'\(Suggestion.sentence(for: key, among: Self.keys))")
        }
    }

    private static func bytes(_ key: String, _ value: String) throws(UsageError) -> Int {
        let units: [(String, Double)] = [("K", 0x1p10), ("M", 0x1p20), ("G", 0x1p30), ("T", 0x1p40), ("", 1)]
        let size = try number(key, value, units, "a size such as 512M")
        return Int(size)
    }

    private static func count(_ key: String, _ value: String) throws(UsageError) -> Int {
        let units: [(String, Double)] = [("K", 1000), ("M", 1_000_000), ("", 1)]
        let count = try number(key, value, units, "a number such as 64 or 10k")
        guard count >= 1, count.rounded() == count else { throw UsageError("\(key)=\(value) is not a whole number") }
        return Int(count)
    }

    private static func seconds(_ key: String, _ value: String) throws(UsageError) -> Double {
        let units: [(String, Double)] = [("MS", 0.001), ("S", 1), ("M", 60), ("H", 3600), ("", 1)]
        return try number(key, value, units, "a time such as 10s or 5m")
    }

    /// A positive number with one of these units, whose letters may be small.
    private static func number(
        _ key: String,
        _ value: String,
        _ units: [(String, Double)],
        _ wanted: String
    ) throws(UsageError) -> Double {
        for (unit, factor) in units where value.uppercased().hasSuffix(unit) {
            let digits = value.dropLast(unit.count)
            guard digits.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let number = Double(digits),
                number > 0, number * factor < 1e15
            else { break }
            return number * factor
        }
        throw UsageError("\(key)=\(value): \(wanted) is needed")
    }
}
