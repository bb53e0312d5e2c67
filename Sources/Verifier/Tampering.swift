import Wire

/// What in an agent's layer looks like an attempt on the verdict, and what of the system can still be trusted.
package struct Tampering: Sendable, Hashable {
    /// Sentences for the evidence.
    package var findings: [String] = []
    /// Programs or libraries of the image that the verifier would use were replaced or shadowed: it must run on the
    /// image's own system directories.
    package var systemIsTampered = false
    /// The loader's cache is not the image's.
    ///
    /// Installing a library does that, and so does who wants another library
    /// loaded: the verifier must run with the image's, the default directories are searched all the same.
    package var loaderCacheIsChanged = false
    /// There is new Python bytecode in system directories.
    ///
    /// Running Python as root makes it, and so does a forger: the
    /// verifier's Python must compile for itself.
    package var bytecodeIsNew = false

    /// None.
    package init() {}

    /// Whether the verifier's sandbox has mounts for it.
    package var changesMounts: Bool { systemIsTampered || loaderCacheIsChanged }

    /// The loader's cache; see ld.so(8).
    package static let loaderCache = "/etc/ld.so.cache"
}

/// Judges the changed paths of a frozen layer; deterministic, so the same layer always gets the same verifier.
///
/// Installing new software is ordinary work and stays visible to the verifier. Replacing or shadowing what the image
/// brought, or planting what loaders and interpreters pick up by themselves, is not; nor are changes so many that not
/// all of them can be looked at.
///
/// - Parameters:
///   - list: what the layer has.
///   - imageHas: whether the image has something at an absolute path.
/// - Returns: what was found, and what can be trusted.
package func judgeTampering(_ list: ChangeList, imageHas: @escaping (String) -> Bool) -> Tampering {
    var result = Tampering()
    if !list.incomplete.isEmpty {
        result.findings.append("the list of changes is not complete: \(list.incomplete)")
        result.systemIsTampered = true
    }
    let system = SystemChanges(imageHas: imageHas)
    for change in list.changes {
        if let finding = plantedForVerifier(change) {
            result.findings.append(finding)
        } else if change.path == Tampering.loaderCache {
            result.findings.append("changed \(change.path), which says where libraries are")
            if imageHas(change.path) { result.loaderCacheIsChanged = true } else { result.systemIsTampered = true }
        } else if system.isNewBytecode(change) {
            result.bytecodeIsNew = true
        } else if let finding = system.finding(change) {
            result.findings.append(finding)
            result.systemIsTampered = true
        }
    }
    return result
}

/// Paths that only the verifier should write.
private func plantedForVerifier(_ change: ChangedPath) -> String? {
    guard change.kind != .directory else { return nil }
    if change.path == "/logs" { return "replaced /logs, where the verifier writes" }
    for place in ["/tests", "/logs/verifier", "/verifier-tools"]
    where change.path == place || change.path.hasPrefix(place + "/") {
        return "planted \(change.path), a path of the verifier's"
    }
    return nil
}
