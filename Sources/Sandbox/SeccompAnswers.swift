import Glibc

/// What the calls get that a filter asks about, instead of refusing them by itself: the errno of the profile's rules.
///
/// A question costs the caller microseconds, and only those pay it who do what no program needs: it is what makes refused
/// calls known, per action, without root and without a log of the whole machine; see seccomp_unotify(2).
package struct SeccompAnswers: Sendable, Hashable {
    /// By their arguments, in the profile's order; the first whose conditions hold decides.
    private var rules: [UInt32: [SeccompRule]] = [:]
    private var byNumber: [UInt32: CInt] = [:]

    /// For a filter that never asks.
    package init() {}

    init(_ profile: SeccompProfile) {
        for rule in profile.refusals {
            if let number = SeccompCompiler.number(of: rule.call) { rules[UInt32(number), default: []].append(rule) }
        }
        for answer in SeccompProfile.answers {
            if let number = SeccompCompiler.number(of: answer.call) { byNumber[UInt32(number)] = answer.errno }
        }
    }

    func errno(for call: UInt32, _ arguments: [UInt64]) -> CInt {
        let rule = rules[call]?.first { $0.conditions.allSatisfy { $0.holds(for: arguments) } }
        return rule?.refusal ?? byNumber[call] ?? EPERM
    }
}

extension SeccompCondition {
    /// As the kernel's filter compares.
    fileprivate func holds(for arguments: [UInt64]) -> Bool {
        switch self {
        case .bits(let argument, let mask, let value): arguments[Int(argument)] & mask == value
        case .above(let argument, let value): arguments[Int(argument)] > value
        }
    }
}
