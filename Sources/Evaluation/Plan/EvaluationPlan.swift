package import Wire

/// The protocols of the literature that can be run.
package enum EvaluationProtocol: String, Codable, Sendable, Hashable, CaseIterable {
    /// T1 to T3 learn, T4 to T6 stay frozen, six conditions.
    case skillevolbench
    /// Each skill on its own, in the four regimes of transfer.
    case after
}

/// Everything that decides what an evaluation does: the same plan on the same programs makes the same trials.
package struct EvaluationPlan: Codable, Sendable, Hashable {
    package static let currentSchema = "executord-evaluation/1"

    package struct Family: Codable, Sendable, Hashable {
        package var role: String
        package var name: String
        /// The digest of the skill that people wrote for it; nil where there is none.
        package var curated: String?

        package init(role: String, name: String, curated: String? = nil) {
            self.role = role
            self.name = name
            self.curated = curated
        }
    }

    package var schema = Self.currentSchema
    package var kind: EvaluationProtocol
    /// Made up for each new evaluation, for the names of its jobs.
    package var run: String
    /// Of executorctl.
    package var version: String
    /// SHA-256 of the suite's generators, templates and verifiers.
    package var suite: String
    package var families: [Family]
    package var conditions: [Condition]
    package var orders: [LearningOrder]
    /// Makes the runs that are learnt from.
    package var teacher: AgentSpec
    /// Those who are measured.
    package var agents: [AgentSpec]
    /// Instances of each learning tier that are learnt from.
    package var lessons = 2
    /// The teacher's runs of each of them.
    package var demonstrations = 3
    /// Held-out instances of each tier.
    package var instances: Int
    /// Trials of each agent with each library at each instance.
    package var attempts: Int
    package var seed: UInt64
    package var allowUnenforced: Bool

    package init(
        kind: EvaluationProtocol,
        run: String,
        version: String,
        suite: String,
        families: [Family],
        conditions: [Condition],
        orders: [LearningOrder],
        teacher: AgentSpec,
        agents: [AgentSpec],
        instances: Int,
        attempts: Int,
        seed: UInt64,
        allowUnenforced: Bool = false
    ) {
        self.kind = kind
        self.run = run
        self.version = version
        self.suite = suite
        self.families = families
        self.conditions = conditions
        self.orders = orders
        self.teacher = teacher
        self.agents = agents
        self.instances = instances
        self.attempts = attempts
        self.seed = seed
        self.allowUnenforced = allowUnenforced
    }

    private enum CodingKeys: String, CodingKey {
        case schema, run, version, suite, families, conditions, orders, teacher, agents, lessons, demonstrations,
            instances, attempts, seed, allowUnenforced
        case kind = "protocol"
    }

    /// What of another plan is different, by the options' names; empty when one can go on with the other's results.
    package func differences(from other: EvaluationPlan) -> [String] {
        let parts: [(name: String, differs: Bool)] = [
            ("schema", schema != other.schema), ("--protocol", kind != other.kind),
            ("version", version != other.version), ("--suite", suite != other.suite),
            ("--families", families != other.families), ("--conditions", conditions != other.conditions),
            ("--orders", orders != other.orders), ("--teacher", teacher != other.teacher),
            ("--agent", agents != other.agents), ("--instances", instances != other.instances),
            ("--attempts", attempts != other.attempts), ("--seed", seed != other.seed),
            ("--allow-unenforced", allowUnenforced != other.allowUnenforced),
            ("lessons", (lessons, demonstrations) != (other.lessons, other.demonstrations)),
        ]
        return parts.filter(\.differs).map(\.name)
    }
}

extension EvaluationPlan {
    /// Orders that make a difference: without learning there is one.
    package func orders(of condition: Condition) -> [LearningOrder] {
        condition.distiller == nil ? Array(orders.prefix(1)) : orders
    }

    /// How often a condition's library changes.
    package func stages(of condition: Condition, _ order: LearningOrder) -> Int {
        condition.distiller == nil ? 0 : order.tiers.count
    }

    /// The instances that are learnt from, in the order of families and tiers.
    package var learning: [Instance] {
        families.flatMap { family in
            Tier.allCases.filter(\.isLearning).flatMap { tier in instances(family, tier, .learning, lessons) }
        }
    }

    /// The instances that nothing was learnt from.
    package var heldOut: [Instance] {
        families.flatMap { family in
            Tier.allCases.flatMap { instances(family, $0, $0.isLearning ? .heldOut : .frozen, instances) }
        }
    }

    /// Seeds of the two kinds never meet: below 500 of each thousand it is learnt, above measured.
    private func instances(_ family: Family, _ tier: Tier, _ part: Instance.Part, _ count: Int) -> [Instance] {
        let first = seed * 1000 + (part == .learning ? 1 : 501)
        return (0..<UInt64(max(0, count))).map {
            Instance(role: family.role, family: family.name, tier: tier, seed: first + $0, part: part)
        }
    }
}

/// One task of a suite, as its generator makes it.
package struct Instance: Codable, Sendable, Hashable {
    package enum Part: String, Codable, Sendable, Hashable, CaseIterable {
        /// Learnt from, and run again by those who are measured.
        case learning
        /// Of the learning tiers, and unseen.
        case heldOut
        /// T4 to T6.
        case frozen
    }
    package var role: String
    package var family: String
    package var tier: Tier
    package var seed: UInt64
    package var part: Part

    package init(role: String, family: String, tier: Tier, seed: UInt64, part: Part) {
        self.role = role
        self.family = family
        self.tier = tier
        self.seed = seed
        self.part = part
    }

    /// Where it lies below the evaluation's directory, and how results name it.
    package var path: String { "\(role)/\(family)/\(tier.rawValue)-\(seed)" }
}
