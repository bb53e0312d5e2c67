/// What is left of the chance, over a library's whole life, to let in a candidate that changes nothing.
///
/// Candidate j may err with `6α/(π²j²)`; over all j that sums to α. Rejected candidates have spent theirs, too.
package struct ErrorBudget: Sendable, Hashable, Codable {
    /// For the whole life.
    package let alpha: Double
    /// Candidates that were tested, whatever came of it.
    package private(set) var tested: Int

    /// Nil unless `alpha` is between 0 and 1 and `tested` is not negative.
    package init?(alpha: Double, tested: Int = 0) {
        guard alpha > 0, alpha < 1, tested >= 0 else { return nil }
        self.alpha = alpha
        self.tested = tested
    }

    /// The error that the next candidate may have.
    package var next: Double { Self.share(alpha, candidate: tested + 1) }

    /// What the candidates so far have used up.
    package var spent: Double { (0..<tested).reduce(0) { $0 + Self.share(alpha, candidate: $1 + 1) } }

    /// Takes the next candidate's share; write the ledger before its test begins, so that a crash cannot refund it.
    package mutating func spend() -> Double {
        let share = next
        tested += 1
        return share
    }

    private static func share(_ alpha: Double, candidate: Int) -> Double {
        let j = Double(candidate)
        return 6 * alpha / (Double.pi * Double.pi * j * j)
    }

    private enum CodingKeys: String, CodingKey { case alpha, tested }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        let alpha = try members.decode(Double.self, forKey: .alpha)
        let tested = try members.decode(Int.self, forKey: .tested)
        guard let budget = ErrorBudget(alpha: alpha, tested: tested) else {
            throw DecodingError.dataCorruptedError(
                forKey: .alpha,
                in: members,
                debugDescription: "alpha must be between 0 and 1, and tested not negative"
            )
        }
        self = budget
    }
}
