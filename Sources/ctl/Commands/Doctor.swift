import Client
import CommandLineKit
import Wire

extension Command {
    static let doctor = Command(
        "doctor",
        "Shows what this host can enforce: what is found, what is missing, what that costs, what mends it.",
        details: "The exit status is 1 when something is missing.",
        values: PlainOptions(),
        parameters: PlainOptions.sharedParameters,
        examples: [.init("executorctl doctor", "Before the first task, or when a sandbox does not start")]
    ) { options in
        let connection = try options.shared.access.connectOrStart().connection
        let result = try connection.call(DaemonDoctor.self, Empty())
        if options.shared.json {
            try options.shared.printJSON(result)
        } else {
            Terminal.output.print(FindingLines.lines(result.findings))
        }
        return result.findings.contains { $0.status == "missing" } ? ExitStatus.operationFailed : ExitStatus.done
    }
}

/// The findings of `doctor`.
enum FindingLines {
    static func lines(_ findings: [DaemonDoctor.Finding]) -> [Line] {
        let width = findings.map { Layout.columns($0.name) }.max() ?? 0
        var lines: [Line] = []
        for finding in findings {
            lines.append(
                Line(Layout.pad(finding.status, to: 8) + "  ", style(finding.status))
                    + Line(Layout.pad(finding.name, to: width) + "  ") + Line(finding.detail)
            )
            if let cost = finding.cost { lines.append(Line("          costs: " + cost)) }
            if let remedy = finding.remedy { lines.append(Line("          mend:  " + remedy)) }
        }
        let counts = ["found", "degraded", "missing"].map { status in
            "\(findings.count { $0.status == status }) \(status)"
        }
        return lines + [Line(counts.joined(separator: ", "))]
    }

    private static func style(_ status: String) -> Style {
        switch status {
        case "found": .green
        case "degraded": .yellow
        default: .red
        }
    }
}
