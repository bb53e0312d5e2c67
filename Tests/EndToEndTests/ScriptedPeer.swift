import Glibc
import Testing
import Wire

/// A client in Python, for places where this process is not: another user's, or inside a sandbox.
enum ScriptedPeer {
    /// `Peer` asks and is answered; `told` is the name of the error, `-` when there is none, `closed` at the end.
    private static let prelude = """
        import array, json, os, socket, sys

        class Peer:
            def __init__(self):
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.settimeout(20)
                self.socket.connect(os.environ["EXECUTORD_SOCKET"])
                self.lines = self.socket.makefile("rb")

            def ask(self, method, descriptors=(), **params):
                request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
                if descriptors:
                    request["descriptors"] = len(descriptors)
                try:
                    passed = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
                    self.socket.sendmsg([json.dumps(request).encode() + b"\\n"], passed if descriptors else [])
                    line = self.lines.readline()
                except (BrokenPipeError, ConnectionResetError):
                    line = b""
                return json.loads(line or b'{"error": {"data": {"name": "closed"}}}')

            def told(self, method, descriptors=(), **params):
                return self.ask(method, descriptors, **params).get("error", {"data": {"name": "-"}})["data"]["name"]

        def acts_in(peer, session, action):
            "What each method answers that acts in a session: 19 lines."
            (empty, ended), (source, sink) = os.pipe(), os.pipe()
            os.close(ended)
            for method, descriptors, params in [
                ("session.join", (), {}), ("session.message", (), {"source": "agent", "text": "mine"}),
                ("action.exec", (), {"shell": "touch taken"}), ("action.start", (), {"shell": "touch taken"}),
                ("action.output", (), {"action": action}), ("action.input", (), {"action": action, "text": "x\\n"}),
                ("action.resize", (), {"action": action, "rows": 1, "columns": 1}),
                ("action.kill", (), {"action": action}), ("action.wait", (), {"action": action}),
                ("action.read", (), {"path": "kept"}), ("action.write", (), {"path": "taken", "text": ""}),
                ("action.list", (), {"path": "."}), ("action.stat", (), {"path": "kept"}),
                ("action.makeDirectory", (), {"path": "taken"}), ("action.remove", (), {"path": "kept"}),
                ("action.upload", [empty], {"path": "."}), ("action.download", [sink], {"path": "."}),
                ("session.submit", (), {}), ("session.close", (), {}),
            ]:
                print(method, peer.told(method, descriptors, session=session, **params))

        """

    /// How many lines `acts_in` prints.
    static let actingMethods = 19

    /// The words of a command that runs a script, with what it finds in `sys.argv` from 1 on.
    static func argv(_ script: String, _ arguments: [String] = []) -> [String] {
        ["python3", "-c", prelude + script] + arguments
    }

    /// Runs a script as the user `nobody`.
    static func asNobody(
        _ station: Station,
        _ script: String,
        _ arguments: [String] = [],
        groups: String = "--clear-groups"
    ) async throws -> Outcome {
        try await Program.start(
            "/usr/bin/setpriv",
            ["--reuid=65534", "--regid=65534", groups] + argv(script, arguments),
            environment: ["EXECUTORD_SOCKET": station.socket]
        ).end()
    }

    /// Checks that a script printed so many lines, all of which end in this word.
    static func expect(_ output: String, lines count: Int, word: String, _ place: SourceLocation = #_sourceLocation) {
        let lines = output.split(separator: "\n")
        #expect(lines.count == count, "\(output)", sourceLocation: place)
        for line in lines where !line.hasSuffix(" " + word) {
            Issue.record("not \(word): \(line)", sourceLocation: place)
        }
    }
}
