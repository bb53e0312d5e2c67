/// Where the skills come from that agents are given: the six conditions of SkillEvolBench.
package enum Condition: String, Codable, Sendable, Hashable, CaseIterable {
    case noSkill = "no_skill"
    /// Passing runs as they were: the control that everything else must beat.
    case rawTrajectories = "raw_trajectory_rag"
    /// Written from the learning tasks' instructions alone.
    case zeroShot = "selfgen_zero_shot"
    /// Distilled after each learning stage and applied without a gate.
    case experience = "selfgen_experience_always"
    /// Written by people, and left alone.
    case curated = "curated_static"
    /// Written by people, then revised as `experience` is.
    case curatedRevised = "curated_with_revision_always"

    /// What the library has before anything is learnt.
    package enum Base: Sendable {
        case nothing, instructions, people
    }

    package var base: Base {
        switch self {
        case .noSkill, .rawTrajectories, .experience: .nothing
        case .zeroShot: .instructions
        case .curated, .curatedRevised: .people
        }
    }

    /// The distiller that changes the library after each learning stage; nil leaves it as it is.
    package var distiller: String? {
        switch self {
        case .noSkill, .zeroShot, .curated: nil
        case .rawTrajectories: "raw"
        case .experience, .curatedRevised: "mine"
        }
    }

    /// Whether the distiller is shown the library, to revise it; what is only remembered is made anew of all runs so far.
    package var revises: Bool { self != .rawTrajectories }
}

/// In which order the learning tiers come: each of them first, second and last once.
package enum LearningOrder: String, Codable, Sendable, Hashable, CaseIterable {
    case a = "A"
    case b = "B"
    case c = "C"

    package var tiers: [Tier] {
        switch self {
        case .a: [.t1, .t2, .t3]
        case .b: [.t2, .t3, .t1]
        case .c: [.t3, .t1, .t2]
        }
    }
}

/// What a task asks beyond the procedure of its family; see tasks/README.md.
package enum Tier: String, Codable, Sendable, Hashable, CaseIterable, Comparable {
    case t1, t2, t3, t4, t5, t6

    /// Whether libraries may learn from tasks of it.
    package var isLearning: Bool { self < .t4 }

    package var title: String { rawValue.uppercased() }

    package static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}
