import Distillation
import FoundationEssentials
import Glibc

/// Measures how far what was mined from some runs of a task covers another run of it.
@main
enum MineRecorded {
    static func main() throws {
        guard CommandLine.arguments.count == 2 else {
            print("usage: benchmark-mine DIR   (DIR has TASK/INSTANCE/claude-code.dataclaw.jsonl)")
            exit(2)
        }
        let runs = try recordedRuns(in: CommandLine.arguments[1])
        let cases = HeldOutCase.cases(of: runs)
        print("\(runs.count) runs, \(Set(runs.map(\.task)).count) tasks; \(cases.count) held-out cases")
        print("features          recall  precision")
        for (name, source) in HeldOutCase.sources {
            let scores = cases.map { $0.score(source($0)) }
            print(row(name, scores.map(\.recall), scores.map(\.precision)))
        }
        print("")
        print(ErrorRepetition(runs))
    }

    private static func row(_ name: String, _ recall: [Double], _ precision: [Double]) -> String {
        name.padded(to: 18) + rounded(mean(recall)).padded(to: 8) + rounded(mean(precision))
    }

    private static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }

    private static func rounded(_ value: Double) -> String {
        let digits = String(Int((value * 1000).rounded()))
        return value >= 0.9995 ? "1.000" : "0." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    private static func recordedRuns(in directory: String) throws -> [RecordedRun] {
        let files = FileManager.default
        var runs: [RecordedRun] = []
        for task in try files.contentsOfDirectory(atPath: directory).sorted() {
            guard let instances = try? files.contentsOfDirectory(atPath: "\(directory)/\(task)") else { continue }
            for instance in instances.sorted() {
                let path = "\(directory)/\(task)/\(instance)/claude-code.dataclaw.jsonl"
                guard let data = files.contents(atPath: path) else { continue }
                runs.append(try RecordedRun(task: task, instance: instance, file: data))
            }
        }
        return runs
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
