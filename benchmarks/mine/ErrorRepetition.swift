import Distillation

/// How often an error of one run was seen in another run of the same task before.
struct ErrorRepetition: CustomStringConvertible {
    private var failed = 0
    private var recognised = 0
    private var inSibling = 0
    private var elsewhere = 0

    init(_ runs: [RecordedRun]) {
        let known = runs.map { run in (run: run, signatures: run.actions.filter { $0.exit != 0 }.map(Self.signature)) }
        for (index, (run, signatures)) in known.enumerated() {
            failed += signatures.count
            for signature in signatures.compactMap({ $0 }) {
                recognised += 1
                let others = known.indices.filter { $0 != index && known[$0].signatures.contains(signature) }
                if others.contains(where: { known[$0].run.task == run.task }) {
                    inSibling += 1
                } else if !others.isEmpty {
                    elsewhere += 1
                }
            }
        }
    }

    private static func signature(of action: DistillRequest.Action) -> String? {
        ErrorSignature(stdout: action.stdout?.head ?? "", stderr: action.stderr?.head ?? "")?.text
    }

    var description: String {
        """
        \(failed) failed actions, \(recognised) with a known kind of error;
        of those \(inSibling) were seen in another run of the task, \(elsewhere) only in other tasks
        """
    }
}
