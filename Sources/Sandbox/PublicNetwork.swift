import CLinux
import Glibc
import Linux
import Reactor
import SandboxPlan

/// A sandbox's way to the Internet: pasta(1), which makes the host's sockets of what the sandbox sends.
///
/// Nothing comes in: no port is forwarded in either direction. The gateway stands for the host's name server alone, not
/// for its loopback (`--no-map-gw`). Addresses inside are of RFC 2544, so that none of the host's own networks is
/// next to the sandbox; IPv4 only.
package struct PublicNetwork: SandboxAttendant {
    private static let program = "/usr/bin/pasta"
    private static let tunnel = "/dev/net/tun"
    static let gateway = "198.18.0.1"
    private static let address = "198.18.0.2"
    /// Written where it is; a change by this is not the agent's.
    package static let resolverFile = "/etc/resolv.conf"
    /// pasta waits for ever where it cannot make its interface.
    private static let patience = Duration.seconds(10)

    private let process: SharedDescriptor
    private let reactor: Reactor

    /// What is in the way of it on this host, and what helps; nil when nothing is.
    package static func obstacle() -> (why: String, remedy: String)? {
        guard access(program, X_OK) == 0 else {
            return ("\(program) is not there", "apt-get install passt")
        }
        var status = stat()
        guard stat(tunnel, &status) == 0 else { return ("\(tunnel) is not there", "modprobe tun") }
        // Whoever opens it is the sandbox's root, whose id is nobody's.
        guard status.st_mode & 0o006 == 0o006 else {
            return ("\(tunnel) is not open to everybody", "chmod 0666 \(tunnel)")
        }
        return nil
    }

    /// Starts it for a sandbox that stands, and waits until there is a route out.
    static func start(
        for sandbox: RunningSandbox,
        namespaces: [SharedDescriptor],
        launcher: LauncherClient
    ) async throws(SandboxError) {
        let arguments = [
            program, "--foreground", "--quiet", "--ipv4-only", "--config-net", "--no-map-gw", "--no-dhcp", "--no-ndp",
            "--no-ra",
            "--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none",
            "--address", address, "--netmask", "30", "--gateway", gateway, "--dns-forward", gateway,
        ]
        let raw = namespaces.compactMap(\.raw)
        let process = SharedDescriptor(adopting: try await launcher.openNetwork(arguments, namespaces: raw))
        let network = PublicNetwork(process: process, reactor: sandbox.reactor)
        await sandbox.add(network)
        withExtendedLifetime(namespaces) {}
        let end = ContinuousClock.now + patience
        while try await !sandbox.hasRoute() {
            guard !network.hasEnded, ContinuousClock.now < end else {
                let why = network.hasEnded ? "pasta ended" : "pasta made no route within \(patience)"
                throw .publicNetworkFailed(why)
            }
            do { try await Task.sleep(for: .milliseconds(10)) } catch { throw .cancelled }
        }
    }

    private var hasEnded: Bool {
        process.withRaw { raw in
            var polled = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
            return poll(&polled, 1, 0) == 1
        } ?? true
    }

    package func end() async {
        process.withRaw { _ = clinux_pidfd_send_signal($0, SIGKILL) }
        guard let raw = process.raw else { return }
        let reactor = reactor
        await Task { for await _ in reactor.readiness(of: raw) where hasEnded { return } }.value
        reactor.forget(raw)
    }
}

extension SandboxNetwork {
    var plan: NetworkPlan {
        switch self {
        case .closed: .closed
        case .proxied: .proxied(port: Self.proxyPort)
        case .open(let closed): .open(except: closed)
        }
    }
}
