import CLinux
import Glibc
import Linux
import SandboxPlan

/// The resident launcher: one per daemon, single-threaded, forks a sandbox per request.
///
/// It exists so that the daemon never forks (a clone from a large process costs milliseconds) and so that mounts
/// of layers live in a mount namespace that ends with it: nothing stays behind when the daemon is killed.
package struct Launcher {
    /// Requests come in and replies go out here, one message each, with descriptors.
    let control: CInt
    let configuration: LauncherConfiguration
    /// Made ahead.
    var newborns: [Newborn] = []

    /// For the sandboxes that are started at about the same time.
    private static let newbornsAhead = 2
    /// How long nothing is asked before the second is made: the sandbox that was asked for last is being built meanwhile,
    /// and would have to wait for a processor.
    private static let quietMilliseconds: CInt = 8

    /// Serves requests until the daemon closes its end; then every sandbox dies by its parent-death signal.
    package static func run(control: CInt, configurationFile: CInt) -> CInt {
        guard let bytes = readAll(configurationFile), let configuration = try? LauncherConfiguration(decoding: bytes)
        else { return 1 }
        _ = close(configurationFile)
        // What is ignored here would be ignored by every program; signal(7).
        guard clinux_reset_signals() == 0 else { return 1 }
        var launcher = Launcher(control: control, configuration: configuration)
        do throws(SetupFailure) {
            try launcher.enterOwnNamespaces()
        } catch {
            launcher.reply(.failed(error))
            return 1
        }
        launcher.reply(.done)
        Self.rehearse()
        return launcher.serve()
    }

    private mutating func serve() -> CInt {
        let children = clinux_child_signal_descriptor()
        guard children >= 0 else { return 1 }
        var makesAhead = true
        while true {
            var polled = [
                pollfd(fd: control, events: Int16(POLLIN), revents: 0),
                pollfd(fd: children, events: Int16(POLLIN), revents: 0),
            ]
            makesAhead = makesAhead && newborns.count < Self.newbornsAhead
            let wait = newborns.isEmpty ? 0 : Self.quietMilliseconds
            let ready = poll(&polled, 2, makesAhead ? wait : -1)
            guard ready >= 0 || errno == EINTR else { return 1 }
            if ready == 0 {
                // When it fails the next launch tries again, and says why.
                if let newborn = try? bear() { newborns.append(newborn) } else { makesAhead = false }
                continue
            }
            if polled[1].revents != 0 {
                drain(children)
                reapAll()
            }
            guard polled[0].revents != 0 else { continue }
            guard let message = receiveMessage(control) else { return 0 }
            answer(message)
            makesAhead = true
        }
    }

    private mutating func answer(_ message: ReceivedMessage) {
        let reply: LauncherReply
        var passed: [CInt] = []
        do throws(SetupFailure) {
            guard let request = try? LauncherRequest(decoding: message.bytes) else {
                throw SetupFailure(stage: .readPlan, call: "request", errno: EPROTO)
            }
            switch request {
            case .launch(let processor):
                let sandbox = try launch(message.descriptors, beside: processor)
                passed = [sandbox.pidfd]
                reply = .launched(pid: sandbox.pid)
            case .makeLayer(let path, let kind, let bytes, let inodes, let owner):
                try makeLayer(path: path, kind: kind, bytes: bytes, inodes: inodes, owner: owner)
                reply = .done
            case .removeLayer(let path):
                try removeLayer(path: path)
                reply = .done
            case .adopt(let source, let path, let owner):
                try adopt(source, as: path, owner: owner)
                reply = .done
            case .own(let path, let owner):
                _ = try attempt(.adopt, "chown \(path)") { lchown(path, owner, owner) }
                reply = .done
            case .openNetwork(let arguments):
                let pasta = try openNetwork(message.descriptors, arguments)
                passed = [pasta.pidfd]
                reply = .launched(pid: pasta.pid)
            case .removeTree(let path):
                try removeTree(path: path)
                reply = .done
            case .read(let reading):
                let process = try startReader(reading, message.descriptors)
                passed = [process.pidfd]
                reply = .launched(pid: process.pid)
            }
        } catch {
            reply = .failed(error)
        }
        self.reply(reply, passed)
        for descriptor in message.descriptors + passed { _ = close(descriptor) }
    }

    private func reply(_ reply: LauncherReply, _ descriptors: [CInt] = []) {
        // A daemon that is gone cannot be told; the next receive ends this process.
        _ = sendMessage(control, reply.encoded(), descriptors)
    }

    private func drain(_ descriptor: CInt) {
        var buffer = [UInt8](repeating: 0, count: 1024)
        while read(descriptor, &buffer, buffer.count) > 0 {}
    }

    /// Sandboxes are children (see `clinux_fork_into`); their end is seen by the daemon through pidfds.
    private mutating func reapAll() {
        var outcome = clinux_exit()
        while clinux_reap(&outcome) == 1 {
            guard let index = newborns.firstIndex(where: { $0.pid == outcome.pid }) else { continue }
            let newborn = newborns.remove(at: index)
            _ = close(newborn.socket)
            _ = close(newborn.pidfd)
        }
    }
}
