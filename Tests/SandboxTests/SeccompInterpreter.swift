import Testing

@testable import Sandbox

/// What a filter decides about a call.
enum FilterDecision: Hashable {
    case allow, kill
    case fail(CInt)
    case other(UInt32)

    init(_ action: UInt32) {
        switch action {
        case 0x7FFF_0000: self = .allow
        case 0x8000_0000: self = .kill
        case 0x0005_0000...0x0005_FFFF: self = .fail(CInt(action & 0xFFFF))
        default: self = .other(action)
        }
    }
}

/// Runs a filter as the kernel does: the part of classic BPF that seccomp(2) filters use here.
struct SeccompInterpreter {
    let instructions: [SeccompInstruction]
    /// AUDIT_ARCH_X86_64.
    static let native: UInt32 = 0xC000_003E

    /// What the daemon says when the filter asks.
    let answers: SeccompAnswers

    init(_ profile: ConfinementProfile) {
        instructions = SeccompInstruction.all(in: profile.seccomp)
        answers = profile.answers
    }

    /// nil when the program leaves its own bounds or uses an instruction that is not known here.
    func decide(_ number: UInt32, _ arguments: [UInt64] = [], architecture: UInt32 = native) -> FilterDecision? {
        let padded = arguments + [UInt64](repeating: 0, count: 6 - arguments.count)
        var data = [number, architecture, 0, 0]
        for argument in padded { data += [UInt32(truncatingIfNeeded: argument), UInt32(argument >> 32)] }
        var accumulator: UInt32 = 0
        var index = 0
        while instructions.indices.contains(index) {
            let step = instructions[index]
            index += 1
            switch step.code {
            case 0x20: accumulator = data[Int(step.k) / 4]
            case 0x54: accumulator &= step.k
            case 0x05: index += Int(step.k)
            case 0x15: index += Int(accumulator == step.k ? step.jumpTrue : step.jumpFalse)
            case 0x25: index += Int(accumulator > step.k ? step.jumpTrue : step.jumpFalse)
            case 0x35: index += Int(accumulator >= step.k ? step.jumpTrue : step.jumpFalse)
            // SECCOMP_RET_USER_NOTIF.
            case 0x06 where step.k == 0x7FC0_0000: return .fail(answers.errno(for: number, padded))
            case 0x06: return FilterDecision(step.k)
            default: return nil
            }
        }
        return nil
    }

    /// The decision about a call by name; nil when this machine has no such call.
    func decide(_ call: String, _ arguments: UInt64...) -> FilterDecision? {
        SeccompCompiler.number(of: call).flatMap { decide(UInt32($0), arguments) }
    }
}
