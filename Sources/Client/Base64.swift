import FoundationEssentials

extension Connection {
    /// Bytes that are no text, for JSON.
    package static func encodeBase64(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
    }

    static func decodeBase64(_ text: String) throws(ClientError) -> [UInt8] {
        guard let data = Data(base64Encoded: text) else {
            throw .protocolBroken("an output piece is not base64")
        }
        return [UInt8](data)
    }
}
