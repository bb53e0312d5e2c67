import FoundationEssentials

/// The rewards that a verifier left behind, or why there are none.
///
/// Harbor's rules: `reward.json` over `reward.txt`; the exit status of test.sh does not count.
package enum RewardReading: Sendable, Hashable {
    case rewards([String: Double])
    /// `exception` is Harbor's name for it; `reason` the sentence for people.
    case unverifiable(exception: String, reason: String)

    static let notFound = "RewardFileNotFoundError"
    static let empty = "RewardFileEmptyError"
    static let unparsable = "VerifierOutputParseError"
}

/// Reads the contents of the two reward files; nil where there is none.
package func readRewards(json: [UInt8]?, text: [UInt8]?) -> RewardReading {
    if let json { return readRewardJSON(json) }
    if let text { return readRewardText(text) }
    return .unverifiable(
        exception: RewardReading.notFound,
        reason: "the verifier wrote neither /logs/verifier/reward.json nor /logs/verifier/reward.txt"
    )
}

private func readRewardText(_ bytes: [UInt8]) -> RewardReading {
    let text = String(decoding: bytes, as: UTF8.self).trimmed
    guard !text.isEmpty else {
        return .unverifiable(exception: RewardReading.empty, reason: "/logs/verifier/reward.txt is empty")
    }
    guard let value = Double(text), value.isFinite else {
        return .unverifiable(
            exception: RewardReading.unparsable,
            reason: "/logs/verifier/reward.txt holds \(quoted(text)), which is not a finite number"
        )
    }
    return .rewards(["reward": value])
}

private func readRewardJSON(_ bytes: [UInt8]) -> RewardReading {
    guard !String(decoding: bytes, as: UTF8.self).trimmed.isEmpty else {
        return .unverifiable(exception: RewardReading.empty, reason: "/logs/verifier/reward.json is empty")
    }
    let values: [String: RewardValue]
    do {
        values = try JSONDecoder().decode([String: RewardValue].self, from: Data(bytes))
    } catch {
        return .unverifiable(
            exception: RewardReading.unparsable,
            reason:
                "/logs/verifier/reward.json is not an object of numbers: \(quoted(String(decoding: bytes, as: UTF8.self)))"
        )
    }
    guard !values.isEmpty else {
        return .unverifiable(
            exception: RewardReading.unparsable,
            reason: "/logs/verifier/reward.json is an object without a reward"
        )
    }
    if let bad = values.first(where: { !$0.value.number.isFinite }) {
        return .unverifiable(
            exception: RewardReading.unparsable,
            reason: "/logs/verifier/reward.json: '\(bad.key)' is not finite"
        )
    }
    return .rewards(values.mapValues(\.number))
}

/// A number, or a boolean that counts as one, as in Python.
private struct RewardValue: Decodable {
    let number: Double

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let flag = try? container.decode(Bool.self) {
            number = flag ? 1 : 0
        } else {
            number = try container.decode(Double.self)
        }
    }
}

/// The first characters of untrusted text, safe to print.
private func quoted(_ text: String) -> String {
    let visible = text.prefix(60).map { $0.isNewline || ($0.asciiValue ?? 32) < 32 ? "·" : String($0) }.joined()
    return "'\(visible)\(text.count > 60 ? "…" : "")'"
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        var rest = self[...]
        while let first = rest.first, first.isWhitespace { rest = rest.dropFirst() }
        while let last = rest.last, last.isWhitespace { rest = rest.dropLast() }
        return String(rest)
    }
}
