/// A key as it stands in the text.
private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// Throws when the object has a key that `keys` lacks: a misspelt limit must not be a missing one.
    func refuseKeys<Keys: CodingKey & CaseIterable>(except keys: Keys.Type) throws {
        let known = Set(keys.allCases.map(\.stringValue))
        let members = try container(keyedBy: AnyKey.self)
        guard let foreign = members.allKeys.map(\.stringValue).sorted().first(where: { !known.contains($0) }) else {
            return
        }
        throw DecodingError.dataCorrupted(
            .init(
                codingPath: codingPath,
                debugDescription: "'\(foreign)' is not known here; known are \(known.sorted().joined(separator: ", "))"
            )
        )
    }

    /// Throws when the object is of another schema than `schema`.
    func requireSchema<Keys>(_ schema: String, in members: KeyedDecodingContainer<Keys>, forKey key: Keys) throws {
        let given = try members.decode(String.self, forKey: key)
        guard given == schema else {
            throw DecodingError.dataCorruptedError(
                forKey: key,
                in: members,
                debugDescription: "'\(given)' is not '\(schema)', the only one that is spoken here"
            )
        }
    }
}
