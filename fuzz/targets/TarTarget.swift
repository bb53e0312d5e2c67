import CLinux
import Glibc
import SandboxPlan

@testable import Sandbox

/// A tar stream on its way into a sandbox: whatever comes out is what the placer may be given, within the limits.
enum TarTarget {
    private static let limits = TreeLimits(entries: 200, depth: 16, fileBytes: 1 << 20, totalBytes: 4 << 20)
    private static let source = clinux_memfd("tar")
    private static let sink = clinux_memfd("entries")
    private static let interruption = try? Interruption()

    static func run(_ bytes: [UInt8]) {
        guard let interruption, source >= 0, sink >= 0 else { return promise(false, "memfd") }
        _ = ftruncate(source, 0)
        _ = ftruncate(sink, 0)
        _ = lseek(source, 0, SEEK_SET)
        _ = lseek(sink, 0, SEEK_SET)
        promise(write(source, bytes, bytes.count) == bytes.count, "write")
        _ = lseek(source, 0, SEEK_SET)
        let stream = InterruptibleStream(source: source, sink: sink, interruption: interruption)
        let transfer = try? TarReader.copy(stream, limits: limits)
        check(records(), isWhole: transfer != nil)
    }

    private static func records() -> [UInt8] {
        let size = Int(lseek(sink, 0, SEEK_END))
        promise(size < 16 << 20, "\(size) bytes of entries")
        var bytes = [UInt8](repeating: 0, count: size)
        promise(pread(sink, &bytes, size, 0) == size, "read")
        return bytes
    }

    private static func check(_ bytes: [UInt8], isWhole: Bool) {
        var position = 0
        while bytes.count - position >= 4 {
            let length = bytes[position..<position + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            position += 4
            guard position + length <= bytes.count else { return promise(!isWhole, "a record is cut") }
            guard let entry = try? TreeEntry(decoding: Array(bytes[position..<position + length])) else {
                return promise(false, "a record cannot be read")
            }
            position += length
            if entry.kind == .end { return promise(isWhole && position == bytes.count, "an end before the end") }
            check(entry)
            position += Int(entry.contentBytes)
        }
        promise(!isWhole, "no end")
    }

    private static func check(_ entry: TreeEntry) {
        promise([.file, .directory, .symlink, .hardlink].contains(entry.kind), "\(entry.kind)")
        for path in [entry.path] + (entry.kind == .hardlink ? [entry.target] : []) {
            let parts = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            let isPlain = parts.allSatisfy {
                !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8)
            }
            promise(isPlain && !path.contains(0) && parts.count <= 17, "the path \(path)")
        }
        promise(entry.contentBytes <= limits.fileBytes && entry.mode & ~0o777 == 0, "\(entry)")
    }
}
