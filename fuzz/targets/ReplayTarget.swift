import Wire

/// A trajectory or a list of actions from a file of anybody's.
enum ReplayTarget {
    static func run(_ bytes: [UInt8]) {
        do throws(ReplayFileError) {
            promise(!(try ReplayFile(bytes)).actions.isEmpty, "no actions")
        } catch {
            promise(
                !error.place.isEmpty && !error.cause.isEmpty && error.description.utf8.count < 2000 + bytes.count,
                "\(error)"
            )
        }
    }
}
