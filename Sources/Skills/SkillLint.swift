/// The first stage of the gate.
package enum SkillLint {
    /// What a skill may have.
    package enum Limits {
        /// Bytes of a file that are read as text.
        package static let textBytes = 1 << 20
    }
}
