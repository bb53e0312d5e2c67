import Wire

/// How long files of trials are kept; their records are kept for ever.
struct RetentionPolicy: Sendable, Equatable {
    /// Frozen layers of trials that did not pass: somebody may want to see why.
    var failedLayerDays = 30
    var passedLayerDays = 7
    /// Collected logs and artifacts; nil keeps them as long as the record.
    var outputDays: Int?

    static let daySeconds = 86_400.0

    /// For how many seconds after a trial's end its frozen layer stays; nil: for ever.
    func layerSeconds(_ outcome: VerdictOutcome?, _ params: StoreCollect.Params) -> Double? {
        let isPassed = outcome == .passed
        let own = Double(isPassed ? passedLayerDays : failedLayerDays) * Self.daySeconds
        switch params.keepLayers {
        case Optional.none: return params.olderThanSeconds ?? own
        case .some(.all): return nil
        case .some(.failed): return isPassed ? params.olderThanSeconds ?? own : nil
        case .some(.none): return params.olderThanSeconds ?? 0
        }
    }

    /// The same of its collected files.
    func outputSeconds(_ params: StoreCollect.Params) -> Double? {
        outputDays.map { params.olderThanSeconds ?? Double($0) * Self.daySeconds }
    }

    /// For how many seconds after its last upload a task stays that no trial is of.
    func taskSeconds(_ params: StoreCollect.Params) -> Double {
        params.olderThanSeconds ?? Double(passedLayerDays) * Self.daySeconds
    }
}
