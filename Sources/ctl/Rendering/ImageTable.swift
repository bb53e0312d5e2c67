import CommandLineKit
import Wire

/// Images as rows and lines.
enum ImageTable {
    static func list(_ images: [ImageSummary]) -> Table {
        var table = Table([
            .init("NAME", shrinks: true), .init("ID"), .init("SIZE", .right), .init("LAYERS", .right),
            .init("IMPORTED (UTC)"), .init("IN USE BY", shrinks: true),
        ])
        for image in images {
            for name in image.names.isEmpty ? ["-"] : image.names {
                table.append([
                    .init(name), .init(short(image.id)), .init(Figures.bytes(image.bytes)), "\(image.layers)",
                    .init(Figures.moment(image.createdAt)), .init(image.usedBy.joined(separator: " ")),
                ])
            }
        }
        return table
    }

    static func details(_ result: ImageShow.Result) -> [Line] {
        let image = result.image
        var lines = [Line(image.names.isEmpty ? "(no name)" : image.names.joined(separator: ", "), .bold)]
        func add(_ label: String, _ text: String) {
            lines.append(Line("  " + Layout.pad(label, to: 10), .dim) + Line(text))
        }
        add("id", image.id)
        add("size", "\(Figures.bytes(image.bytes)) in \(Figures.count(image.entries, "entry", "entries"))")
        add("imported", "\(Figures.moment(image.createdAt)) UTC from \(image.source)")
        for layer in result.layers { add("layer", layer) }
        for (name, value) in result.environment.sorted(by: { $0.key < $1.key }) { add("env", "\(name)=\(value)") }
        if let directory = result.workingDirectory { add("workdir", directory) }
        if let user = result.user { add("user", user) }
        lines += network(result.network)
        if !image.usedBy.isEmpty { add("in use by", image.usedBy.joined(separator: ", ")) }
        return lines
    }

    static func imported(_ result: ImageImport.Result) -> [Line] {
        let image = result.image
        var lines = [
            Line(image.names.joined(separator: ", "), .bold)
                + Line("  \(short(image.id))  \(Figures.bytes(image.bytes)), \(Figures.count(image.layers, "layer"))")
        ]
        if result.skipped > 0 {
            let what = Figures.count(result.skipped, "device, FIFO or socket", "devices, FIFOs and sockets")
            lines.append(Line("  left out: \(what); sandboxes have a /dev of their own"))
        }
        if result.strangers > 0 {
            lines.append(
                Line("  warning: ", .yellow)
                    + Line(
                        "\(Figures.count(result.strangers, "entry belongs", "entries belong")) to root, because their "
                            + "owner has no id on this host; see subordinate ids in 'executorctl doctor'"
                    )
            )
        }
        return lines
    }

    /// What its build reached.
    static func network(_ network: ImageNetwork?) -> [Line] {
        guard let network else { return [] }
        let kind =
            Line("  " + Layout.pad("network", to: 10), .dim) + Line("\(network.kind.rawValue), while it was built")
        return [kind] + NetworkLines.lines(network.targets)
    }

    private static func short(_ id: String) -> String { String(id.dropFirst("sha256:".count).prefix(12)) }
}
