import CommandLineKit
import Testing
import Wire

@testable import ctl

struct BenchReportTests {
    private func report(_ milliseconds: [Double]) throws -> BenchReport {
        var report = BenchReport(concurrency: 2)
        for value in milliseconds {
            var calls = [(ContinuousClock.now, 0)].map { (begun: $0.0, call: $0.1) }
            report.add(first: &calls) { _ in [LaunchStage(.root, milliseconds: value)] }
        }
        report.seconds = 0.5
        return report
    }

    @Test func quantilesAreThoseOfTheStage() throws {
        let report = try report((1...100).reversed().map(Double.init))
        let root = try #require(report.stages.first { $0.name == "root" })
        #expect(root.median == 50 && root.p95 == 95)
        #expect(report.sentence == "100 sandboxes, 2 at a time: 200 a second")
        #expect(report.stages.first { $0.name == "layer" }?.median == 0)
    }

    @Test func whatStoodPreparedIsALineOfItsOwn() throws {
        var report = try report([9])
        report.add(prepared: .milliseconds(5), [LaunchStage(.launcher, milliseconds: 1)])
        #expect(report.table(stages: false).rows.count == 1, "that one did not stand")
        report.add(
            prepared: .milliseconds(4),
            [LaunchStage(.prepared, milliseconds: 1), LaunchStage(.command, milliseconds: 2)]
        )
        #expect(report.table(stages: false).rows.map { $0[0].text } == ["whole", "from prepared"])
        #expect(report.prepared.milliseconds == [4])
        #expect(report.stages.filter { $0.median > 0 }.map(\.name) == ["prepared", "root"])
    }

    @Test func stagesAreShownWhenAskedFor() throws {
        let report = try report([3])
        #expect(report.table(stages: false).rows.count == 1)
        #expect(report.table(stages: true).rows.count == LaunchStage.Name.allCases.count + 1)
        #expect(report.table(stages: true).rows.map { $0[1].text }.contains("3.00 ms"))
    }
}
