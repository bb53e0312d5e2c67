/// On the wire an exit says its kind: `{"kind":"exited","code":0}`, `{"kind":"limit","limit":"memory"}`.
extension ActionExit: Codable {
    private enum Kind: String, Codable {
        case exited, signaled, limit, cancelled, notStarted, running
    }

    private enum Key: String, CodingKey {
        case kind, code, signal, limit, reason, errno
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        switch try values.decode(Kind.self, forKey: .kind) {
        case .exited: self = .exited(code: try values.decode(Int.self, forKey: .code))
        case .signaled: self = .signaled(signal: try values.decode(Int.self, forKey: .signal))
        case .limit: self = .limit(try values.decode(LimitKind.self, forKey: .limit))
        case .cancelled: self = .cancelled
        case .notStarted:
            self = .notStarted(
                reason: try values.decode(String.self, forKey: .reason),
                errno: try values.decode(Int.self, forKey: .errno)
            )
        case .running: self = .running
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        switch self {
        case .exited(let code):
            try values.encode(Kind.exited, forKey: .kind)
            try values.encode(code, forKey: .code)
        case .signaled(let signal):
            try values.encode(Kind.signaled, forKey: .kind)
            try values.encode(signal, forKey: .signal)
        case .limit(let limit):
            try values.encode(Kind.limit, forKey: .kind)
            try values.encode(limit, forKey: .limit)
        case .cancelled: try values.encode(Kind.cancelled, forKey: .kind)
        case .notStarted(let reason, let errno):
            try values.encode(Kind.notStarted, forKey: .kind)
            try values.encode(reason, forKey: .reason)
            try values.encode(errno, forKey: .errno)
        case .running: try values.encode(Kind.running, forKey: .kind)
        }
    }
}
