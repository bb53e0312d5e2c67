import CDigest

/// SHA-256 by libmd.
package struct SHA256 {
    private var context = SHA2_CTX()

    package init() { SHA256Init(&context) }

    package mutating func update(_ bytes: [UInt8]) { SHA256Update(&context, bytes, bytes.count) }

    package consuming func finalHex() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        SHA256Final(&digest, &context)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    package static func hex(of bytes: [UInt8]) -> String {
        var hash = SHA256()
        hash.update(bytes)
        return hash.finalHex()
    }
}
