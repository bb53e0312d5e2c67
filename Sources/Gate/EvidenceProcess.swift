/// Evidence that grows with every pair of runs and may be looked at after each (Ville's inequality).
///
/// It is a mean of bets: `E = mean over λ of Π(1 + λx)`. Were repairs and regressions equally likely, `E` would exceed
/// 1/α at any time with a chance of at most α.
package struct EvidenceProcess: Sendable, Hashable, Codable {
    /// The shares of the stake that are bet on each pair.
    package static let bets = [0.1, 0.3, 0.5, 0.7, 0.9]

    /// The product for each bet, so far.
    private var products: [Double]
    /// Pairs seen.
    package private(set) var pairs: Int

    package init() {
        products = Self.bets.map { _ in 1 }
        pairs = 0
    }

    /// Takes the next pair into account; +1 favours what is being shown.
    package mutating func observe(_ pair: PairResult) {
        pairs += 1
        for (index, bet) in Self.bets.enumerated() {
            // A product that overflowed would be infinite times 0 later.
            products[index] = min(products[index] * (1 + bet * Double(pair.rawValue)), 1e300)
        }
    }

    package var value: Double { products.reduce(0, +) / Double(products.count) }

    /// Whether the evidence suffices for an error of at most `alpha`.
    package func suffices(alpha: Double) -> Bool { value >= 1 / alpha }
}

/// How a pair of runs, with and without a candidate, ended.
package enum PairResult: Int, Sendable, Hashable, Codable {
    case regression = -1
    case same = 0
    case repair = 1

    package init(passedWith: Bool, passedWithout: Bool) {
        self = passedWith == passedWithout ? .same : passedWith ? .repair : .regression
    }

    package var reversed: PairResult {
        switch self {
        case .regression: .repair
        case .same: .same
        case .repair: .regression
        }
    }
}

/// A canary's two processes: one gathers evidence of gain, its twin evidence of harm.
package struct CanaryEvidence: Sendable, Hashable, Codable {
    package private(set) var gain = EvidenceProcess()
    package private(set) var harm = EvidenceProcess()

    package init() {}

    package mutating func observe(_ pair: PairResult) {
        gain.observe(pair)
        harm.observe(pair.reversed)
    }

    /// What the evidence allows now; harm goes first.
    package func advice(alpha: Double, harmAlpha: Double) -> CanaryAdvice {
        if harm.suffices(alpha: harmAlpha) { return .rollBack }
        return gain.suffices(alpha: alpha) ? .promote : .goOn
    }
}

/// What to do with a canary.
package enum CanaryAdvice: Sendable, Hashable {
    case promote, rollBack, goOn
}
