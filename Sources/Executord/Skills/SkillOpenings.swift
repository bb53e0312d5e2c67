import Glibc
import Linux
import Synchronization
import Wire

/// Sees which files of the skills are opened that one trial was given.
///
/// The trial has copies of its own, so that an open(2) inside is its agent's: inotify(7) reports those that go through a
/// mount of the same directory, too.
final class SkillOpenings: Sendable {
    private let instance: SharedInotify
    /// Directories by watch: the skill, and the path in it that ends in `/` or is empty.
    private let watched: [CInt: (skill: String, prefix: String)]

    /// Watches directories, given by path on the host.
    init(_ directories: [String: (skill: String, prefix: String)]) throws(SystemError) {
        let descriptor = try syscall("inotify_init1") { inotify_init1(CInt(IN_CLOEXEC | IN_NONBLOCK)) }
        instance = SharedInotify(OwnedDescriptor(adopting: descriptor))
        var watched: [CInt: (skill: String, prefix: String)] = [:]
        for (path, place) in directories {
            watched[try syscall("inotify_add_watch") { inotify_add_watch(descriptor, path, UInt32(IN_OPEN)) }] = place
        }
        self.watched = watched
    }

    /// The files that were opened since the last call, sorted; each once.
    func take() -> [SkillOpening] {
        var openings: Set<SkillOpening> = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(instance.descriptor.raw, &buffer, buffer.count)
            // EAGAIN: nothing more.
            guard count > 0 else { break }
            for event in Self.events(in: buffer[..<count]) where event.mask & UInt32(IN_ISDIR) == 0 {
                guard let place = watched[event.watch], !event.name.isEmpty else { continue }
                openings.insert(SkillOpening(skill: place.skill, file: place.prefix + event.name))
            }
        }
        return openings.sorted { ($0.skill, $0.file) < ($1.skill, $1.file) }
    }

    private struct Event {
        let watch: CInt
        let mask: UInt32
        let name: String
    }

    /// `struct inotify_event`: watch, mask, cookie, length of the name, the name with zeros after it.
    private static func events(in bytes: ArraySlice<UInt8>) -> [Event] {
        var events: [Event] = []
        var rest = bytes
        func number(_ offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(rest[rest.startIndex + offset + $1]) << UInt32(8 * $1) }
        }
        while rest.count >= 16 {
            let length = Int(number(12))
            let name = rest.dropFirst(16).prefix(length).prefix { $0 != 0 }
            events.append(
                Event(
                    watch: CInt(bitPattern: number(0)),
                    mask: number(4),
                    name: String(decoding: name, as: UTF8.self)
                )
            )
            rest = rest.dropFirst(16 + length)
        }
        return events
    }
}

/// Holds the descriptor for a class, which cannot be taken apart.
private final class SharedInotify: Sendable {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}
