import CLinux
import CSeccomp
import Glibc
import Linux

/// Turns a profile into the bytes of a classic BPF program, an array of `struct sock_filter`; see seccomp(2).
///
/// libseccomp has no order among the rules of a call, and no "any other value". So a profile becomes three programs, one
/// behind the other: what refuses by its arguments, what allows by its arguments (both by libseccomp, which also ends
/// callers of other ABIs), and a table that answers the rest by number. They are linked by turning the return that
/// means "not decided" into a jump to the next program. The kernel still sees the plainly allowed calls as such and does
/// not run the filter for them (since 5.11).
enum SeccompCompiler {
    static func compile(_ profile: SeccompProfile) throws(SandboxError) -> [UInt8] {
        let refusing = try program(
            otherwise: SCMP_ACT_ALLOW,
            rules: profile.refusals.map { ($0.call, $0.conditions, refuse($0.refusal ?? EPERM)) }
        )
        let allowing = try program(
            otherwise: refuse(ENOSYS),
            rules: profile.allowances.filter { !$0.conditions.isEmpty }.map { ($0.call, $0.conditions, SCMP_ACT_ALLOW) }
        )
        let instructions =
            continuing(refusing, on: SCMP_ACT_ALLOW) + continuing(allowing, on: refuse(ENOSYS)) + table(profile).program
        return instructions.withUnsafeBytes { Array($0) }
    }

    /// A filter that lets through these calls, whatever their arguments, and refuses all others with EPERM.
    static func compile(allowing calls: [String]) throws(SandboxError) -> [UInt8] {
        // SCMP_ACT_ERRNO, a macro that Swift does not see.
        try program(otherwise: 0x0005_0000 | UInt32(EPERM), rules: calls.map { ($0, [], SCMP_ACT_ALLOW) })
    }

    private static func table(_ profile: SeccompProfile) -> SeccompTable {
        var actions: [UInt32: UInt32] = [:]
        for answer in SeccompProfile.answers {
            if let number = number(of: answer.call) { actions[UInt32(number)] = refuse(answer.errno) }
        }
        for rule in profile.allowances where rule.conditions.isEmpty {
            if let number = number(of: rule.call) { actions[UInt32(number)] = SCMP_ACT_ALLOW }
        }
        return SeccompTable(actions, otherwise: refuse(ENOSYS))
    }

    /// The number of a call on this machine; nil when the machine or libseccomp has none.
    static func number(of call: String) -> CInt? {
        let number = seccomp_syscall_resolve_name(call)
        return number >= 0 ? number : nil
    }

    private typealias Rule = (call: String, conditions: [SeccompCondition], action: UInt32)

    private static func program(otherwise: UInt32, rules: [Rule]) throws(SandboxError) -> [UInt8] {
        guard let context = seccomp_init(otherwise) else { throw .system(call: "seccomp_init", errno: ENOMEM) }
        defer { seccomp_release(context) }
        // Calls of other ABIs (i386, x32) have other numbers: whoever makes them wants past the filter.
        try check("seccomp_attr_set", seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS))
        // A balanced tree over the calls instead of a chain.
        try check("seccomp_attr_set", seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2))
        for rule in rules {
            guard let number = number(of: rule.call) else { continue }
            let comparisons = rule.conditions.map(\.comparison)
            try check(
                "seccomp_rule_add \(rule.call)",
                seccomp_rule_add_array(context, rule.action, number, UInt32(comparisons.count), comparisons)
            )
        }
        return try exported(context)
    }

    /// libseccomp 2.5 writes to descriptors only.
    private static func exported(_ context: scmp_filter_ctx) throws(SandboxError) -> [UInt8] {
        let raw = clinux_memfd("seccomp")
        guard raw >= 0 else { throw .system(call: "memfd_create", errno: errno) }
        let file = OwnedDescriptor(adopting: raw)
        try check("seccomp_export_bpf", seccomp_export_bpf(context, file.raw))
        let length = lseek(file.raw, 0, SEEK_END)
        guard length > 0 else { throw .system(call: "lseek", errno: errno) }
        var bytes = [UInt8](repeating: 0, count: Int(length))
        guard pread(file.raw, &bytes, bytes.count, 0) == bytes.count else { throw .system(call: "pread", errno: errno) }
        return bytes
    }

    /// The program with a jump behind its end wherever it returned `undecided`.
    private static func continuing(_ program: [UInt8], on undecided: UInt32) -> [SeccompInstruction] {
        var instructions = SeccompInstruction.all(in: program)
        for index in instructions.indices
        where instructions[index].code == SeccompInstruction.returnConstant && instructions[index].k == undecided {
            instructions[index] = SeccompInstruction(
                code: SeccompInstruction.jumpAlways,
                k: UInt32(instructions.count - index - 1)
            )
        }
        return instructions
    }

    /// SCMP_ACT_ERRNO, a macro that Swift does not see, where libc tries as a matter of course; else SCMP_ACT_NOTIFY.
    ///
    /// A filter that asks is how a refusal becomes known: the kernel's log would tell root alone, of the whole machine.
    private static func refuse(_ code: CInt) -> UInt32 {
        code == ENOSYS ? 0x0005_0000 | UInt32(code) : SCMP_ACT_NOTIFY
    }

    private static func check(_ call: String, _ result: CInt) throws(SandboxError) {
        guard result >= 0 else { throw .system(call: "libseccomp: \(call)", errno: -result) }
    }
}

extension SeccompCondition {
    fileprivate var comparison: scmp_arg_cmp {
        switch self {
        case .bits(let argument, let mask, let value):
            scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
        case .above(let argument, let value):
            scmp_arg_cmp(arg: argument, op: SCMP_CMP_GT, datum_a: value, datum_b: 0)
        }
    }
}

/// `struct sock_filter` of linux/filter.h, in its layout.
struct SeccompInstruction {
    var code: UInt16
    var jumpTrue: UInt8 = 0
    var jumpFalse: UInt8 = 0
    var k: UInt32

    /// Of linux/bpf_common.h: BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JA, BPF_JMP | BPF_JGE | BPF_K, BPF_RET | BPF_K.
    static let loadAbsolute: UInt16 = 0x20
    static let jumpAlways: UInt16 = 0x05
    static let jumpIfAtLeast: UInt16 = 0x35
    static let returnConstant: UInt16 = 0x06

    static func all(in program: [UInt8]) -> [SeccompInstruction] {
        let size = MemoryLayout<SeccompInstruction>.size
        return program.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - size + 1, by: size).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: SeccompInstruction.self)
            }
        }
    }
}
