import Glibc
import Linux
import Reactor
import Wire

/// What a service manager says in the environment: where it listens for our state, and which socket it has opened for
/// us; see sd_notify(3) and sd_listen_fds(3).
struct Systemd: Sendable {
    /// A socket that listens already; owned by whoever adopts it.
    let listeningDescriptor: CInt?
    private let notifier: ServiceNotifier?

    /// The first descriptor that is handed over.
    private static let firstDescriptor: CInt = 3

    /// Nobody watches and nothing was handed over.
    init() {
        listeningDescriptor = nil
        notifier = nil
    }

    /// Reads the variables; those for another process (`LISTEN_PID`) are not for us.
    init(environment: (String) -> String?, process: pid_t = getpid()) throws(WireError) {
        do {
            notifier = try environment("NOTIFY_SOCKET").map { text throws(UnixAddressError) in
                try ServiceNotifier(socket: text)
            }
        } catch {
            throw WireError(
                .invalidParams,
                "NOTIFY_SOCKET: \(error)",
                remedy: "unset it, or let systemd start executord"
            )
        }
        guard environment("LISTEN_PID") == "\(process)", let count = environment("LISTEN_FDS").flatMap({ CInt($0) }),
            count > 0
        else {
            listeningDescriptor = nil
            return
        }
        guard count == 1 else {
            throw WireError(
                .invalidParams,
                "LISTEN_FDS: \(count) sockets were handed over and executord serves one",
                remedy: "leave one ListenStream= in the socket unit"
            )
        }
        listeningDescriptor = Self.firstDescriptor
    }

    /// The manager of this process, once: what is started from here must not take itself for the service.
    ///
    /// To be called while there is one thread.
    static func ofThisProcess() throws(WireError) -> Systemd {
        let systemd = try Systemd { name in getenv(name).map { String(cString: $0) } }
        for name in ["NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
        if let socket = systemd.listeningDescriptor { _ = fcntl(socket, F_SETFD, FD_CLOEXEC) }
        return systemd
    }

    /// Tells the manager, if there is one; that it does not listen is worth a line in the log and no more.
    func tell(_ events: ServiceNotifier.Event...) {
        guard let notifier else { return }
        do throws(SystemError) {
            for event in events { try notifier.notify(event) }
        } catch {
            Log.warning("the service manager cannot be told: \(error)")
        }
    }
}
