import Glibc
import Reactor
import Testing

/// A web server on an address of loopback, as a process of its own; it ends with this object.
final class WebServer: Sendable {
    private let program: Program

    static func start(at address: String) async throws -> WebServer {
        let script = """
            import http.server, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    body = f"served {self.path}\\n".encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, format, *words):
                    print(self.path, flush=True)
            server = http.server.ThreadingHTTPServer((sys.argv[1], 80), Handler)
            print("ready", file=sys.stderr, flush=True)
            server.serve_forever()
            """
        let program = try await Program.start("/usr/bin/python3", ["-c", script, address])
        let isReady = try await eventually { program.errors.contains("ready") }
        try #require(isReady, "\(program.errors)")
        return WebServer(program)
    }

    private init(_ program: Program) { self.program = program }

    deinit {
        program.kill()
        while (try? program.child.reap()) == .some(nil) { usleep(1000) }
    }

    /// Paths that were asked for.
    var log: String { program.output }
}
