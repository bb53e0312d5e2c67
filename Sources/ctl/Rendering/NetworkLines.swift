import CommandLineKit
import Wire

/// What programs asked of the network.
enum NetworkLines {
    /// One request, as it ends.
    static func line(_ request: NetworkRequest) -> Line {
        let method = request.method.isEmpty ? "" : request.method + " "
        return (Line("  network: ", .dim) + Line(method) + words(NetworkTarget(request))).cut()
    }

    /// What was asked of each target, refused ones first.
    static func lines(_ targets: [NetworkTarget]) -> [Line] {
        let refused = targets.filter { $0.decision == .refused }
        return (refused + targets.filter { $0.decision != .refused }).map { target in
            (Line("  " + Layout.pad("network", to: 11), .dim) + words(target)
                + Line(target.requests > 1 ? ", \(Figures.count(target.requests, "request"))" : "")).cut()
        }
    }

    private static func words(_ target: NetworkTarget) -> Line {
        let name = target.host.isEmpty ? "what is no request" : "\(target.host):\(target.port)"
        let reason = target.reason.map { " (\($0))" } ?? ""
        let bytes = ", \(Figures.bytes(target.sentBytes)) sent, \(Figures.bytes(target.receivedBytes)) received"
        return switch target.decision {
        case .allowed: Line(name) + Line(reason + bytes)
        case .refused: Line(name + "  ") + Line("refused", .red) + Line(reason)
        case .failed: Line(name + "  ") + Line("failed", .yellow) + Line(reason)
        }
    }
}
