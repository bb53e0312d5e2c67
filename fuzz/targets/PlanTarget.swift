import SandboxPlan

/// What crosses between daemon, launcher and pid 1: what is decoded means the same when it is encoded again.
enum PlanTarget {
    static func run(_ bytes: [UInt8]) {
        guard let kind = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        switch kind % 8 {
        case 0: again(try? Plan(decoding: rest)) { try Plan(decoding: $0.encoded()) }
        case 1: again(try? ControlRequest(decoding: rest)) { try ControlRequest(decoding: $0.encoded()) }
        case 2: again(try? ControlEvent(decoding: rest)) { try ControlEvent(decoding: $0.encoded()) }
        case 3: again(try? LauncherRequest(decoding: rest)) { try LauncherRequest(decoding: $0.encoded()) }
        case 4: again(try? LauncherReply(decoding: rest)) { try LauncherReply(decoding: $0.encoded()) }
        case 5: again(try? LauncherConfiguration(decoding: rest)) { try LauncherConfiguration(decoding: $0.encoded()) }
        case 6: again(try? TreeEntry(decoding: rest)) { try TreeEntry(decoding: Array($0.encoded().dropFirst(4))) }
        default: _ = try? DirectoryEntry.decodeAll(rest)
        }
    }

    private static func again<T: Equatable>(_ first: T?, _ code: (T) throws -> T) {
        guard let first else { return }
        promise((try? code(first)) == first, "\(T.self) is not what it was")
    }
}
