import Glibc
import Tasks
import Wire

extension HostShare {
    /// What this host has for trials: its processors, and its memory but for an eighth, at most 1 GiB.
    ///
    /// See sysconf(3), _SC_PHYS_PAGES.
    static func ofThisHost() -> HostShare {
        let memory = max(0, sysconf(Int32(_SC_PHYS_PAGES))) * max(0, sysconf(Int32(_SC_PAGESIZE)))
        return HostShare(
            memoryBytes: memory - min(memory / 8, 1 << 30),
            processors: Double(max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        )
    }

    /// What a trial of this task takes: its limits, where it declares none the defaults, but no more than there is.
    init(of task: TaskDefinition, defaults: LimitDefaults, capacity: HostShare) {
        let declared = Self.declared(by: task)
        self.init(
            memoryBytes: min(declared.memoryBytes ?? defaults.memoryBytes, capacity.memoryBytes),
            processors: min(declared.processors ?? 1, capacity.processors)
        )
    }

    /// - Throws: when a task declares more than the host has for trials.
    static func check(_ task: TaskDefinition, capacity: HostShare) throws(WireError) {
        let declared = declared(by: task)
        if let memory = declared.memoryBytes, memory > capacity.memoryBytes {
            throw tooLarge(
                task,
                "\(memory >> 20) MiB of memory",
                "\(capacity.memoryBytes >> 20) MiB",
                "admission.memoryBytes"
            )
        }
        if let processors = declared.processors, processors > capacity.processors {
            throw tooLarge(
                task,
                "\(processors) processors",
                "\(capacity.processors)",
                "admission.processors"
            )
        }
    }

    /// Whether what a task declares is there.
    static func isWithin(_ capacity: HostShare, _ task: TaskDefinition) -> Bool {
        (try? check(task, capacity: capacity)) != nil
    }

    private static func tooLarge(_ task: TaskDefinition, _ wanted: String, _ has: String, _ key: String) -> WireError {
        WireError(
            .taskRefused,
            "\(task.name) declares \(wanted), and this host has \(has) for trials",
            reason: "tooLargeForHost",
            remedy: "run it on a larger host, or with --allow-unenforced on the whole of this one; see \(key)"
        )
    }

    /// A verifier that runs apart may have an environment of its own; the agent's has ended by then.
    private static func declared(by task: TaskDefinition) -> (memoryBytes: Int?, processors: Double?) {
        let verifiers = [task.verifier] + task.steps.map(\.verifier)
        let environments = [task.environment] + verifiers.compactMap(\.environment)
        return (
            environments.compactMap(\.memoryBytes).max().map { Int(clamping: $0) },
            environments.compactMap(\.cpus).max()
        )
    }
}
