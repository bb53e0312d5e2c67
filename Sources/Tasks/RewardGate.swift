/// A step's `min_reward`: what it must earn for the next step to begin.
package struct RewardGate: Sendable, Hashable, Decodable {
    /// The least value of each key; a plain number in the file is about the key `reward`.
    package let minimums: [String: Double]

    package init(minimums: [String: Double]) { self.minimums = minimums }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            minimums = ["reward": number]
        } else {
            minimums = try container.decode([String: Double].self)
        }
        guard !minimums.isEmpty, minimums.values.allSatisfy({ !$0.isNaN }) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "is neither a number nor a table of numbers"
            )
        }
    }

    /// Why these rewards are not enough, in words; nil when they are.
    ///
    /// A key that is missing is less than any number.
    package func failure(of rewards: [String: Double]) -> String? {
        for (key, minimum) in minimums.sorted(by: { $0.key < $1.key }) {
            guard let value = rewards[key] else { return "\(key) is missing, min_reward is \(minimum)" }
            if value < minimum { return "\(key) \(value) is below min_reward \(minimum)" }
        }
        return nil
    }
}
