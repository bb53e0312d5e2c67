/// A comparison of one argument of a system call.
enum SeccompCondition: Sendable, Hashable {
    /// The bits of the argument that `mask` names.
    case bits(_ argument: UInt32, mask: UInt64, equal: UInt64)
    /// All 64 bits, unsigned: a negative or widened number is above too.
    case above(_ argument: UInt32, UInt64)

    /// The argument as a C int: the kernel does not look at the upper half, where a program may put what it likes.
    static func int32(_ argument: UInt32, _ value: UInt64) -> SeccompCondition {
        .bits(argument, mask: 0xFFFF_FFFF, equal: value)
    }
}

/// A system call, when its arguments meet all conditions.
struct SeccompRule: Sendable, Hashable {
    let call: String
    let conditions: [SeccompCondition]
    /// nil allows.
    let refusal: CInt?

    init(_ call: String, _ conditions: SeccompCondition..., refusedWith refusal: CInt? = nil) {
        self.call = call
        self.conditions = conditions
        self.refusal = refusal
    }
}

/// The errno that a call gets which no rule allows.
struct SeccompAnswer: Sendable, Hashable {
    let call: String
    let errno: CInt

    init(_ call: String, _ errno: CInt) {
        self.call = call
        self.errno = errno
    }
}
