import Distillation
import Wire

/// A program that speaks distill/1: where it is, and what it may use up.
struct DistillerProgram: Sendable, Equatable {
    /// What people call it: the name of its settings, or `exec`.
    var name: String
    var command: [String]
    /// A directory of this host, seen read-only as `place`; nil where the image has the program.
    var directory: String?
    /// What its sandbox is made of.
    var image = "host"
    var budget = DistillRequest.Budget.usual

    /// Where `directory` is inside, which is the working directory.
    static let place = "/distiller"
}

extension DistillRequest.Budget {
    /// What a distillation gets where nobody says anything else.
    static let usual = DistillRequest.Budget(wallSeconds: 300, cpuSeconds: 300, memoryMegabytes: 1024)
}
