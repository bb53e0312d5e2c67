import FoundationEssentials
import Testing
import Wire

@testable import Trajectory

@Suite struct OutputTests {
    @Test func shortTextStaysInTheEvent() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let text = "héllo\u{0}\u{1b}[0m\n"
        let record = try await store.storeOutput(head: Array(text.utf8), total: text.utf8.count)
        #expect(record.head == text && record.blob == nil && !record.lossy && record.omittedBytes == 0)
        #expect(
            try await store.bytes(of: record, from: 1, limit: 2) == OutputSlice(bytes: [0xc3, 0xa9], nextOffset: 3)
        )
        #expect(try await store.bytes(of: record, limit: 99).nextOffset == nil)
        #expect(try await store.bytes(of: record, from: 99, limit: 9) == OutputSlice(bytes: [], nextOffset: nil))
        let empty = try await store.storeOutput(head: [], total: 0)
        #expect(empty == OutputRecord())
    }

    @Test func invalidUTF8IsKeptByteForByte() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let bytes: [UInt8] = [0x61, 0xff, 0x00, 0xc3]
        let record = try await store.storeOutput(head: bytes, total: 4)
        #expect(record.lossy && record.head == "a\u{FFFD}\u{0}\u{FFFD}")
        #expect(try await store.bytes(of: record, limit: 10).bytes == bytes)
    }

    @Test(arguments: 0..<4) func aCutNeverSplitsACharacter(shift: Int) async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let text = String(repeating: "a", count: shift) + String(repeating: "🤖", count: 3000)
        let all = Array(text.utf8)
        let whole = try await store.storeOutput(head: all, total: all.count)
        #expect(!whole.lossy && whole.tail.isEmpty && whole.headBytes == all.count)
        #expect(text.hasPrefix(whole.head) && whole.head.utf8.count > Store.inlineBytes - 4)
        #expect(try await store.bytes(of: whole, limit: .max).bytes == all)

        // The reader of the pipe cut where its buffers ended, inside characters.
        let head = Array(all[..<5001])
        let tail = Array(all.suffix(4998))
        let gapped = try await store.storeOutput(head: head, tail: tail, total: all.count)
        #expect(!gapped.lossy && gapped.headBytes == 5001 && gapped.omittedBytes == all.count - 9999)
        #expect(text.hasPrefix(gapped.head) && text.hasSuffix(gapped.tail) && !gapped.tail.isEmpty)
        #expect(try await store.bytes(of: gapped, limit: .max).bytes == head + tail)
    }

    @Test func largeOutputsAreReadInPieces() async throws {
        let state = try StateDirectory()
        let store = try state.open()
        let all = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let record = try await store.storeOutput(head: all, total: all.count)
        var read: [UInt8] = []
        var offset: Int? = 0
        while let from = offset {
            let slice = try await store.bytes(of: record, from: from, limit: 30_000)
            read += slice.bytes
            offset = slice.nextOffset
        }
        #expect(read == all)
    }

    @Test func equalBlobsAreStoredOnce() async throws {
        let state = try StateDirectory()
        let blobs = try BlobStore(directory: state.path + "/blobs")
        let first = try await blobs.store(Array("abc".utf8))
        #expect(first == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(try await blobs.store(Array("abc".utf8)) == first)
        let files = try FileManager.default.subpathsOfDirectory(atPath: state.path + "/blobs")
        #expect(files.filter { $0.hasPrefix("ba/") } == ["ba/" + first.dropFirst(2)])
        #expect(files.filter { $0.hasPrefix("tmp/") }.isEmpty)
    }

    @Test func whatACrashLeftBetweenWriteAndRenameIsRemovedAndHarmless() async throws {
        let state = try StateDirectory()
        let directory = state.path + "/blobs"
        let kept = try await BlobStore(directory: directory).store(Array("kept".utf8))
        try FileOperations.write(Array("hal".utf8), to: directory + "/tmp/1", sync: false)

        let blobs = try BlobStore(directory: directory)
        #expect(!FileOperations.exists(directory + "/tmp/1"))
        #expect(try await blobs.read(kept).bytes == Array("kept".utf8))
        let half = try await blobs.store(Array("half".utf8))
        #expect(try await blobs.read(half, from: 1, limit: 2).bytes == Array("al".utf8))
    }

    @Test func namesThatAreNoDigestsReachNoFile() async throws {
        let state = try StateDirectory()
        let blobs = try BlobStore(directory: state.path + "/blobs")
        for name in ["../../etc/passwd", "", String(repeating: "A", count: 64), String(repeating: "0", count: 64)] {
            await #expect(throws: StoreError.self) { try await blobs.read(name) }
        }
    }
}
