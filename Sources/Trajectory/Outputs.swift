package import Wire

/// A piece of an output, and where to go on.
package struct OutputSlice: Sendable, Hashable {
    package var bytes: [UInt8]
    /// nil at the end.
    package var nextOffset: Int?
}

extension Store {
    /// What an event carries of an output; more than that goes into a blob.
    package static let inlineBytes = 4096

    /// Stores what was kept of a stream of `total` bytes: its head and its tail.
    ///
    /// Without a gap, head and tail follow one another. Text up to `inlineBytes` stays in the event; the rest, and what is
    /// not UTF-8, is kept byte for byte in a blob.
    package nonisolated func storeOutput(
        head: [UInt8],
        tail: [UInt8] = [],
        total: Int
    ) async throws(StoreError) -> OutputRecord {
        let omitted = max(0, total - head.count - tail.count)
        let kept = head + tail
        let headBytes = omitted == 0 ? kept.count : head.count
        let (headText, headLossy) = Self.text(prefixOf: kept[..<headBytes], isCut: omitted > 0)
        let (tailText, tailLossy) = Self.text(suffixOf: kept[headBytes...])
        let lossy = headLossy || tailLossy
        let inline = kept.count <= Self.inlineBytes && !lossy && omitted == 0
        return OutputRecord(
            totalBytes: max(total, kept.count),
            omittedBytes: omitted,
            headBytes: headBytes,
            head: headText,
            tail: tailText,
            lossy: lossy,
            blob: inline ? nil : try await blobs.store(kept)
        )
    }

    /// Kept bytes of an output from `offset` on; what was omitted between head and tail takes no room.
    package nonisolated func bytes(
        of output: OutputRecord,
        from offset: Int = 0,
        limit: Int
    ) async throws(StoreError) -> OutputSlice {
        let start = max(0, offset)
        guard let blob = output.blob else {
            let all = Array(output.head.utf8)
            let piece = Array(all.dropFirst(start).prefix(limit))
            return OutputSlice(bytes: piece, nextOffset: start + piece.count < all.count ? start + piece.count : nil)
        }
        let (piece, size) = try await blobs.read(blob, from: start, limit: limit)
        return OutputSlice(bytes: piece, nextOffset: start + piece.count < size ? start + piece.count : nil)
    }

    /// The first `inlineBytes` as text, and whether invalid bytes were replaced; half a character at a cut is left out.
    private static func text(prefixOf bytes: ArraySlice<UInt8>, isCut: Bool) -> (String, lossy: Bool) {
        var prefix = bytes.prefix(inlineBytes)
        if isCut || prefix.count < bytes.count {
            let continuations = prefix.reversed().prefix(3).prefix(while: UTF8.isContinuation).count
            let lead = prefix.dropLast(continuations).last ?? 0
            // A lead byte tells by its leading one bits how long the character is.
            if lead >= 0xc0, (~lead).leadingZeroBitCount > continuations + 1 { prefix.removeLast(continuations + 1) }
        }
        return decoded(prefix)
    }

    /// The last `inlineBytes` as text, not beginning inside a character.
    private static func text(suffixOf bytes: ArraySlice<UInt8>) -> (String, lossy: Bool) {
        var start = max(bytes.startIndex, bytes.endIndex - inlineBytes)
        let latest = min(bytes.endIndex, start + 3)
        while start < latest, UTF8.isContinuation(bytes[start]) { start += 1 }
        return decoded(bytes[start...])
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> (String, lossy: Bool) {
        if let exact = String(validating: bytes, as: UTF8.self) { return (exact, false) }
        return (String(decoding: bytes, as: UTF8.self), true)
    }
}
