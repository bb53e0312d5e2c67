/// The part of a filter that looks at the call's number alone, as a balanced search over ranges of numbers.
///
/// Neighbours with one answer share an instruction: about 170 instructions where libseccomp makes 500, and the kernel
/// translates the filter anew for every program that is started.
struct SeccompTable {
    /// Where a range begins, and the action of all numbers from there to the next.
    private var ranges: [(first: UInt32, action: UInt32)] = []

    /// Numbers that `actions` does not have get `otherwise`.
    init(_ actions: [UInt32: UInt32], otherwise: UInt32) {
        var last: (first: UInt32, action: UInt32) = (0, actions[0] ?? otherwise)
        // Each number may begin a range, and so may the one behind it.
        let numbers = Set(actions.keys).union(actions.keys.map { $0 + 1 }).sorted()
        for number in numbers {
            let action = actions[number] ?? otherwise
            guard action != last.action else { continue }
            ranges.append(last)
            last = (number, action)
        }
        ranges.append(last)
    }

    /// Decides every number; expects nothing of the accumulator.
    var program: [SeccompInstruction] {
        // The number is the first field of struct seccomp_data.
        [SeccompInstruction(code: SeccompInstruction.loadAbsolute, k: 0)] + Self.search(ranges[...])
    }

    private static func search(_ ranges: ArraySlice<(first: UInt32, action: UInt32)>) -> [SeccompInstruction] {
        let middle = ranges.startIndex + ranges.count / 2
        let border = ranges[middle]
        guard ranges.count > 1 else {
            return [SeccompInstruction(code: SeccompInstruction.returnConstant, k: border.action)]
        }
        let below = search(ranges[..<middle])
        let above = search(ranges[middle...])
        let skip = SeccompInstruction(code: SeccompInstruction.jumpAlways, k: UInt32(below.count))
        // A conditional jump reaches 255 instructions; the unconditional one behind it reaches any.
        let branch =
            UInt8(exactly: below.count).map {
                [SeccompInstruction(code: SeccompInstruction.jumpIfAtLeast, jumpTrue: $0, k: border.first)]
            } ?? [
                SeccompInstruction(code: SeccompInstruction.jumpIfAtLeast, jumpFalse: 1, k: border.first), skip,
            ]
        return branch + below + above
    }
}
