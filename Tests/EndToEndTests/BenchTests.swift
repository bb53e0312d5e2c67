import FoundationEssentials
import Testing
import Wire

/// `executorctl bench`: what it measures, not how much.
struct BenchTests {
    private struct Report: Decodable {
        struct Measure: Decodable {
            var name: String
            var median: Double
        }
        var seconds: Double
        var whole: Measure
        var prepared: Measure
        var stages: [Measure]
    }

    private func bench(_ arguments: [String]) async throws -> Outcome {
        let scratch = try Scratch()
        return try await Program.start(
            Built.executorctl,
            ["bench"] + arguments,
            environment: ["EXECUTORD_STATE": scratch.path + "/state"]
        ).end()
    }

    @Test func everyStageIsMeasured() async throws {
        let run = try await bench(["-n", "3", "-c", "2", "--json"])
        let report = try WireJSON.decode(Report.self, from: Array(run.output.utf8))
        #expect(report.stages.map(\.name) == LaunchStage.Name.allCases.map(\.rawValue))
        #expect(report.stages.allSatisfy { $0.median > 0 }, "\(report)")
        #expect(report.whole.median > 0 && report.prepared.median > 0 && report.seconds > 0)
        let failing = try await bench(["-n", "1", "--", "false"])
        #expect(failing.status == 1 && failing.errors.contains("the command failed: exit 1"), "\(failing)")
    }
}
