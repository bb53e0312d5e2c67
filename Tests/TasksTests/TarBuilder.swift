/// Tar streams as an attacker would write them: nothing is checked; see tar(5), the ustar format.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    /// Appends an entry; `claimedSize` is what the header says when it lies.
    mutating func add(
        _ name: String,
        type: Character = "0",
        link: String = "",
        content: [UInt8] = [],
        claimedSize: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        put(name, at: 0)
        put("0006755", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(claimedSize ?? content.count, digits: 11), at: 124)
        put("00000000001", at: 136)
        put("        ", at: 148)
        put(String(type), at: 156)
        put(link, at: 157)
        put("ustar\u{0}00", at: 257)
        let sum = header.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + "\u{0} ", at: 148)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// The stream with its end mark.
    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    private func octal(_ number: Int, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
}
