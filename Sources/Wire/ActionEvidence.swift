/// What the sandbox saw an action do: what an agent says of it plays no part.
///
/// Paths are absolute and inside the sandbox; bytes that are not printable UTF-8 are written `\xNN`.
package struct ActionEvidence: Codable, Sendable, Hashable {
    /// What changed in the writable layer until the action's first process ended; nil when it is not known.
    package var files: FileChanges?
    /// System calls that its programs were refused; nil when there was none.
    ///
    /// Calls that get ENOSYS are not among them: libc tries those as a matter of course.
    package var denied: [DeniedCall]?
    /// Files of the trial's skills that were opened, by whatever ran meanwhile; nil when there was none.
    package var skills: [SkillOpening]?

    package init(files: FileChanges? = nil, denied: [DeniedCall]? = nil, skills: [SkillOpening]? = nil) {
        self.files = files
        self.denied = denied
        self.skills = skills
    }
}

/// What changed in a writable layer between the end of one action and the end of the next.
package struct FileChanges: Codable, Sendable, Hashable {
    package var created: [String]?
    /// Content, mode, owner or number of names; of a directory, that it was removed and made anew.
    package var modified: [String]?
    package var deleted: [String]?
    /// Changes beyond those that are listed.
    package var unlisted: Int?
    /// Other actions ran meanwhile: some of the changes may be theirs.
    package var shared: Bool?

    package init(
        created: [String]? = nil,
        modified: [String]? = nil,
        deleted: [String]? = nil,
        unlisted: Int? = nil,
        shared: Bool? = nil
    ) {
        self.created = created
        self.modified = modified
        self.deleted = deleted
        self.unlisted = unlisted
        self.shared = shared
    }

    /// Nothing changed.
    package var isEmpty: Bool { created == nil && modified == nil && deleted == nil && unlisted == nil }
}

/// A system call that was refused.
package struct DeniedCall: Codable, Sendable, Hashable {
    /// Its name, or its number where it has no known name.
    package var call: String
    /// What it was refused with, such as `EPERM`.
    package var errno: String
    /// How often; after 10,000 calls of an action counting ends.
    package var count: Int

    package init(_ call: String, errno: String, count: Int) {
        self.call = call
        self.errno = errno
        self.count = count
    }
}
