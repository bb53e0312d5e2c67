import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// What a tar stream may say, before anything is placed.
struct TarReaderTests {
    /// A stream in memory.
    private final class Bytes: TarInput {
        private var rest: ArraySlice<UInt8>

        init(_ bytes: [UInt8]) { rest = bytes[...] }

        func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
            let piece = rest.prefix(buffer.count)
            buffer.copyBytes(from: piece)
            rest = rest.dropFirst(piece.count)
            return piece.count
        }
    }

    private func refusal(of stream: TarStream, as content: TarContent) throws -> String? {
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(null) }
        let sink = InterruptibleStream(source: -1, sink: null, interruption: try Interruption())
        do throws(SandboxError) {
            _ = try TarReader.copy(Bytes(stream.finished), to: sink, as: content, limits: TreeLimits())
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [TarContent.upload, .rootFileSystem, .imageLayer])
    func whatHasNoNameIsRefused(_ content: TarContent) throws {
        for (name, type, link) in [(".", "1", "a"), ("b", "1", "."), (".", "2", "a"), (".", "0", "")] {
            var stream = TarStream()
            stream.add("a", text: "content")
            stream.add(name, type: Character(type), link: link)
            #expect(try refusal(of: stream, as: content)?.contains("name") == true, "\(name) \(type) \(link)")
        }
        var whole = TarStream()
        whole.add("./", type: "5", mode: 0o755)
        whole.add("a", text: "content")
        whole.add("b", type: "1", link: "./a")
        #expect(try refusal(of: whole, as: content) == nil)
    }

    @Test(arguments: [".wh.", "dir/.wh.", "dir/.wh..", "dir/.wh..."])
    func aMarkTakesAwayANameAndNothingElse(_ mark: String) throws {
        var stream = TarStream()
        stream.add(mark)
        #expect(try refusal(of: stream, as: .imageLayer)?.contains("a mark that takes nothing away") == true)
        var plain = TarStream()
        plain.add("dir/.wh.name")
        #expect(try refusal(of: plain, as: .imageLayer) == nil)
    }
}
