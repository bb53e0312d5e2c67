import Glibc
import Linux
import Synchronization
import Wire

/// Sees which files of the skills are opened that trials were given.
///
/// Each trial has copies of its own, so that an open(2) inside is its agent's: inotify(7) reports those that go through a
/// mount of the same directory, too. There is one instance for all trials, of which a user has few.
final class SkillOpenings: Sendable {
    /// A directory of a trial's copies: the path in the skill ends in `/` or is empty.
    struct Place: Sendable {
        let trial: String
        let skill: String
        let prefix: String
    }

    private struct State {
        var places: [CInt: Place] = [:]
        /// Seen, and not asked for yet, by trial.
        var seen: [String: Set<SkillOpening>] = [:]
    }

    private let instance: OwnedInstance
    private let state = Mutex(State())

    init() throws(SystemError) {
        let descriptor = try syscall("inotify_init1") { inotify_init1(CInt(IN_CLOEXEC | IN_NONBLOCK)) }
        instance = OwnedInstance(OwnedDescriptor(adopting: descriptor))
    }

    /// Watches a directory, given by its path on the host, until the trial is forgotten.
    func watch(_ directory: String, _ place: Place) throws(SystemError) {
        // A watch could be reported before it is known: both under one lock.
        let result = state.withLock { state -> Result<Void, SystemError> in
            do throws(SystemError) {
                let watch = try syscall("inotify_add_watch \(directory)") {
                    inotify_add_watch(instance.descriptor.raw, directory, UInt32(IN_OPEN))
                }
                state.places[watch] = place
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Ends all watches of a trial.
    func forget(_ trial: String) {
        state.withLock { state in
            for (watch, place) in state.places where place.trial == trial {
                inotify_rm_watch(instance.descriptor.raw, watch)
                state.places[watch] = nil
            }
            state.seen[trial] = nil
        }
    }

    /// The files of a trial's skills that were opened since the last call, sorted; each once.
    func take(_ trial: String) -> [SkillOpening] {
        let openings = state.withLock { state in
            read(into: &state)
            return state.seen.removeValue(forKey: trial) ?? []
        }
        return openings.sorted { ($0.skill, $0.file) < ($1.skill, $1.file) }
    }

    private func read(into state: inout State) {
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = Glibc.read(instance.descriptor.raw, &buffer, buffer.count)
            // EAGAIN: nothing more.
            guard count > 0 else { return }
            for event in Self.events(in: buffer[..<count]) where event.mask & UInt32(IN_ISDIR) == 0 {
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                    Log.warning("more files of skills were opened than the kernel could report: some are not recorded")
                }
                guard let place = state.places[event.watch], !event.name.isEmpty else { continue }
                let opening = SkillOpening(skill: place.skill, file: place.prefix + event.name)
                state.seen[place.trial, default: []].insert(opening)
            }
        }
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
private final class OwnedInstance: Sendable {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) { self.descriptor = descriptor }
}
