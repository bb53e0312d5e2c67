import Wire

/// The files of one skill's folder as a value: `SKILL.md` and what lies beside it.
///
/// It holds whatever names and bytes it is given; `SkillLint` says what is wrong with them, and `write(to:)` refuses
/// names that would lead out of a folder.
package struct SkillTree: Sendable, Hashable {
    /// The file that makes a folder a skill.
    package static let mainFile = "SKILL.md"

    /// One file's content.
    package struct File: Sendable, Hashable {
        package var bytes: [UInt8]
        /// Whether it may be run, as its owner's execute bit says.
        package var isExecutable: Bool

        package init(_ bytes: [UInt8], isExecutable: Bool = false) {
            self.bytes = bytes
            self.isExecutable = isExecutable
        }

        package init(_ text: String) {
            self.init(Array(text.utf8))
        }

        /// The content as text; nil when it is not UTF-8.
        package var text: String? { String(validating: bytes, as: UTF8.self) }
    }

    /// By path, relative to the folder, with slashes.
    package var files: [String: File]

    package init(_ files: [String: File] = [:]) {
        self.files = files
    }

    /// A skill that is one `SKILL.md`.
    package init(main text: String) {
        self.init([Self.mainFile: File(text)])
    }

    /// The bytes of `SKILL.md`; nil without one.
    package var main: File? { files[Self.mainFile] }

    /// The paths in the order of their bytes, which is the order of the digest.
    package var paths: [String] {
        files.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Bytes of all files together.
    package var size: Int { files.values.reduce(0) { $0 + $1.bytes.count } }

    /// `sha256:` and 64 hexadecimal digits that name this content.
    ///
    /// SHA-256 over the lines `<path> NUL <SHA-256 of the file> LF`, sorted by path, as a task's digest is made; the line of a
    /// file that may be run ends in ` x LF`.
    package var digest: String {
        var hash = SHA256()
        for path in paths {
            guard let file = files[path] else { continue }
            let mark = file.isExecutable ? " x" : ""
            hash.update(Array("\(path)\0\(SHA256.hex(of: file.bytes))\(mark)\n".utf8))
        }
        return "sha256:" + hash.finalHex()
    }

    /// What a path of a skill must be: relative, below the folder, nothing that a shell or terminal could misread.
    package static func isSafe(path: String) -> Bool {
        guard !path.isEmpty, path.utf8.count <= 1024 else { return false }
        return path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part != "." && part != ".." && part.utf8.count <= 255
                && part.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0 != "\\" && !(0x7f...0x9f ~= $0.value) }
        }
    }
}
