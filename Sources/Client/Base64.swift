import FoundationEssentials

extension Connection {
    static func decodeBase64(_ text: String) throws(ClientError) -> [UInt8] {
        guard let data = Data(base64Encoded: text) else {
            throw .protocolBroken("an output piece is not base64")
        }
        return [UInt8](data)
    }
}
