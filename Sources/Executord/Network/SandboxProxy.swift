import Linux
import Network
import Sandbox
import Tasks
import Wire

/// The proxy of one sandbox, and what is kept of its requests.
struct SandboxProxy: SandboxAttendant {
    private let proxy: FilteringProxy
    private let evidence: any NetworkEvidence

    /// Serves a sandbox whose policy is `.proxied` until it ends.
    static func serve(
        _ sandbox: RunningSandbox,
        rules: HostRules,
        phase: TrialPhase,
        evidence: any NetworkEvidence
    ) async throws(SandboxError) {
        guard let listener = await sandbox.takeProxyListener() else {
            throw .protocolBroken("no socket for the network proxy")
        }
        let proxy: FilteringProxy
        do throws(SystemError) {
            proxy = try FilteringProxy(
                listener: listener,
                rules: rules,
                phase: phase,
                reactor: sandbox.reactor,
                record: { request in await evidence.record(request) }
            )
        } catch {
            throw .system(call: error.call, errno: error.code)
        }
        proxy.start()
        await sandbox.add(SandboxProxy(proxy: proxy, evidence: evidence))
    }

    /// The sandbox goes on in another phase: what the one before it had connected is cut off.
    func change(to rules: HostRules, phase: TrialPhase) {
        proxy.change(to: rules, phase: phase)
    }

    func end() async {
        await proxy.end()
        await evidence.finish()
    }
}
