package import Gate

extension GateStage {
    /// Where a version is that passed this stage and all before it; nil where it stays.
    package var leadsTo: SkillState? {
        switch self {
        case .lint: .linted
        case .evidence: .evidenced
        case .behaviour: .audited
        case .sourceReplay: .staged
        case .active: .active
        case .shape, .leak, .staticAudit, .router, .heldOut, .transfer, .canary: nil
        }
    }

    /// What a version may be trusted with from then on; nil where that stays.
    package var grants: SkillTier? {
        switch self {
        case .behaviour: .t2
        case .active: .t3
        default: nil
        }
    }
}
