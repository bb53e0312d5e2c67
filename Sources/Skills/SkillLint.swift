/// The first stage of the gate.
package enum SkillLint {
    /// What a skill may have.
    package enum Limits {
        /// Bytes of a file that are read as text.
        package static let textBytes = 1 << 20
    }
}

extension SkillLint {
    /// Whether both validators take a text for a skill's name.
    package static func isName(_ text: String) -> Bool {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), bytes.first != 0x2d, bytes.last != 0x2d else { return false }
        return bytes.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
            && !zip(bytes, bytes.dropFirst()).contains { $0 == 0x2d && $1 == 0x2d }
    }
}
