import CommandLineKit
import Wire

/// What `gc` removes.
enum GcTable {
    static func items(_ result: StoreCollect.Result) -> Table {
        var table = Table([.init("KIND"), .init("NAME", shrinks: true), .init("BYTES", .right)])
        for item in result.items {
            table.append([.init(item.kind.rawValue), .init(item.name), .init(Figures.bytes(item.bytes))])
        }
        return table
    }

    static func totals(_ result: StoreCollect.Result) -> [Line] {
        let piles = result.piles.filter { $0.count > 0 }
        guard !piles.isEmpty else { return [Line("nothing to remove")] }
        let verb = result.dryRun ? "would remove" : "removed"
        let parts = piles.map { "\(Figures.count($0.count, $0.kind.rawValue)) (\(Figures.bytes($0.bytes)))" }
        let total = piles.reduce(0) { $0 + $1.bytes }
        return [Line("\(verb) \(parts.joined(separator: ", ")): \(Figures.bytes(total))")]
    }
}
