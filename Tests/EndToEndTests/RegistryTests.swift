import FoundationEssentials
import Glibc
import Reactor
import Testing
import Wire

/// Images from a registry, which is a small one of the test's own.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: access("/usr/bin/skopeo", X_OK) == 0, "needs skopeo"))
struct RegistryTests {
    private let fixture: ImageFixture
    private let registry: Registry

    init() async throws {
        fixture = ImageFixture(scratch: try Scratch())
        let root = try await fixture.smallRoot()
        try await fixture.shell("tar -C \"$1\" --numeric-owner -cf \"$1.tar\" .", root)
        try await fixture.python(
            "oci('base.tar', [open(OUT + '/root.tar', 'rb').read()], '1', Env=['FROM=registry'], WorkingDir='/srv')"
        )
        registry = try await Registry.start(serving: fixture.scratch.path + "/base.tar", in: fixture.scratch)
    }

    private func station(allowing hosts: [String]) async throws -> Station {
        let home = try fixture.scratch.makeDirectory("home")
        try fixture.scratch.write(
            "home/.config/containers/registries.conf",
            "[[registry]]\nlocation = \"\(registry.host)\"\ninsecure = true\n"
        )
        try fixture.scratch.write(
            "home/.config/containers/policy.json",
            "{\"default\": [{\"type\": \"insecureAcceptAnything\"}]}"
        )
        let list = hosts.map { "\"\($0)\"" }.joined(separator: ", ")
        let file = try fixture.scratch.write("executord.toml", "[registries]\nallowed = [\(list)]\n")
        return try await Station.start(mode: ["--config", file], environment: ["HOME": home])
    }

    private func task(_ image: String, dockerfile: String? = nil) throws -> String {
        try MadeTask(
            name: "fetched",
            verifier:
                "#!/bin/sh\n[ \"$FROM\" = registry ] && [ -e /app/answer ] && echo 1 > /logs/verifier/reward.txt\n",
            image: image,
            dockerfile: dockerfile
        ).write(in: fixture.scratch)
    }

    @Test func whatDockerImageNamesIsFetchedWhenItIsListed() async throws {
        let station = try await station(allowing: [registry.host])
        let name = "\(registry.host)/team/base:1"
        let (trial, status) = try await station.run(try task("docker_image = \"\(name)\""))
        #expect(status == 0, "\(String(describing: trial.verdict)) \(String(describing: trial.exception))")
        let shown = try await station.json(ImageShow.Result.self, ["image", "show", name]).value
        #expect(shown.workingDirectory == "/srv" && shown.image.source == name)
        // It is there now: nothing asks the registry again.
        let asked = registry.log
        #expect(asked.contains("/v2/team/base/manifests/1"))
        #expect(try await station.run(try task("docker_image = \"\(name)\"")).status == 0)
        #expect(registry.log == asked)
    }

    @Test func whatFromNamesIsFetchedForABuild() async throws {
        let station = try await station(allowing: [registry.host])
        let dockerfile = "FROM \(registry.host)/team/base:1\nRUN echo built > /built\n"
        let run = try await station.control(["run", try task("", dockerfile: dockerfile)])
        #expect(run.status == 0, "\(run)")
    }

    @Test func aRegistryThatNobodyListedIsNotAsked() async throws {
        let station = try await station(allowing: ["ghcr.io"])
        let name = "\(registry.host)/team/base:1"
        let pulled = try await station.control(["image", "pull", name])
        #expect(pulled.status == 1 && pulled.errors.contains("registries.allowed"), "\(pulled)")
        let run = try await station.control(["run", try task("docker_image = \"\(name)\"")])
        #expect(run.status != 0 && (run.output + run.errors).contains("not in the local store"), "\(run)")
        #expect(registry.log.isEmpty)
        let checked = try await Program.start(
            Built.executord,
            [
                "--check-config", "--config",
                try fixture.scratch.write("bad.toml", "[registries]\nallowed = [\"https://x\"]\n"),
            ]
        ).end()
        #expect(checked.status != 0 && checked.errors.contains("no host of a registry"), "\(checked)")
    }

    @Test func whatCannotBeFetchedLeavesNothing() async throws {
        let station = try await station(allowing: [registry.host])
        for name in ["team/none:1", "team/broken:1"] {
            let outcome = try await station.control(["image", "pull", "\(registry.host)/\(name)"])
            #expect(outcome.status == 1 && outcome.errors.contains("skopeo could not fetch"), "\(outcome)")
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: station.state + "/scratch").isEmpty)
        #expect(try await station.json(ImageList.Result.self, ["image", "list"]).value.images.isEmpty)
    }
}

/// A registry that gives out one OCI layout as `team/base:1`, and the same with a blob cut short as `team/broken:1`.
private final class Registry: Sendable {
    let host: String
    private let program: Program

    static func start(serving archive: String, in scratch: Scratch) async throws -> Registry {
        let script = """
            import http.server, json, sys, tarfile
            tar = tarfile.open(sys.argv[1])
            blobs = {m.name.split('/')[-1]: tar.extractfile(m).read() for m in tar if m.name.startswith('blobs/')}
            top = json.load(tar.extractfile('index.json'))['manifests'][0]['digest'].split(':')[1]
            class Handler(http.server.BaseHTTPRequestHandler):
                def answer(self, data, kind='application/octet-stream'):
                    self.send_response(200 if data is not None else 404)
                    self.send_header('Content-Type', kind)
                    self.send_header('Content-Length', str(len(data or b'')))
                    self.end_headers()
                    self.wfile.write(data or b'')
                def do_GET(self):
                    parts = self.path.split('/')
                    if self.path == '/v2/': return self.answer(b'{}')
                    if parts[2:4] not in (['team', 'base'], ['team', 'broken']): return self.answer(None)
                    if parts[4] == 'manifests':
                        return self.answer(blobs[top], 'application/vnd.oci.image.manifest.v1+json')
                    data = blobs.get(parts[5].split(':')[1])
                    self.answer(data[:-100] if parts[3] == 'broken' and len(data) > 1000 else data)
                def log_message(self, format, *words):
                    print(self.path, flush=True)
            server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
            print(server.server_port, file=sys.stderr, flush=True)
            server.serve_forever()
            """
        let program = try await Program.start("/usr/bin/python3", ["-c", script, archive])
        try #require(try await eventually { program.errors.hasSuffix("\n") }, "\(program.errors)")
        let port = try #require(Int(program.errors.dropLast()), "\(program.errors)")
        return Registry(program, port: port)
    }

    private init(_ program: Program, port: Int) {
        self.program = program
        host = "127.0.0.1:\(port)"
    }

    deinit {
        program.kill()
        while (try? program.child.reap()) == .some(nil) { usleep(1000) }
    }

    /// Paths that were asked for.
    var log: String { program.output }
}
