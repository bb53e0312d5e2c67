import Tasks
import Testing
import Wire

@Suite struct TaskRefusalTests {
    private let scratch: Scratch
    private let images = ImageResolution(
        aliases: [ImageAlias(pattern: "debian:bookworm*", image: "host"), ImageAlias(pattern: "ml/*", image: "base")],
        storedNames: ["base", "alpine:3"]
    )

    init() throws { scratch = try Scratch() }

    private func reasons(
        _ configuration: String,
        image: String? = nil,
        mode: VerifierMode = .auto,
        on host: HostCapabilities = HostCapabilities()
    ) throws -> [String] {
        let task = try scratch.load(configuration).definition
        let isApart = task.verifiesSeparately(mode)
        let refusals = task.refusals(
            image: images.image(for: task, override: image),
            verifierImage: isApart ? images.verifierImage(for: task, override: image) : nil,
            verifierMode: mode,
            capabilities: host
        )
        #expect(refusals.allSatisfy { !$0.remedy.isEmpty && !$0.message.isEmpty })
        return refusals.map(\.reason)
    }

    private func environment(_ lines: String) -> String {
        "[environment]\ndocker_image = \"debian:bookworm\"\n" + lines
    }

    @Test("A plain task runs, also when it says nothing about the network")
    func plain() throws {
        #expect(try reasons(environment("")).isEmpty)
        #expect(try reasons(environment("network_mode = \"no-network\"")).isEmpty)
        let task = try scratch.load(environment(""))
        #expect(task.definition.network(of: .agent, on: HostCapabilities()) == .closed)
        #expect(task.warnings.contains { $0.kind == .networkDefaulted })
    }

    @Test("Each thing that cannot be honoured has its reason")
    func each() throws {
        #expect(try reasons(environment("gpus = 1")) == ["gpus"])
        #expect(try reasons(environment("gpus = 0")).isEmpty)
        #expect(try reasons(environment("[environment.tpu]\ntype = \"v4\"\ntopology = \"2x2\"")) == ["tpu"])
        #expect(try reasons(environment("os = \"windows\"")) == ["windows"])
        #expect(try reasons("artifacts = [{source = \"/d\", service = \"db\"}]\n" + environment("")) == ["sidecar"])
        #expect(try reasons("artifacts = [{source = \"/d\", service = \"main\"}]\n" + environment("")).isEmpty)
        #expect(try reasons("") == ["imageNotNamed"])
        try scratch.write("environment/Dockerfile", "FROM x")
        #expect(try reasons("") == ["dockerfileNeedsBuild"])
        #expect(try reasons("", image: "host").isEmpty)
        #expect(try reasons(environment("")).isEmpty)
        try scratch.write("environment/docker-compose.yaml", "services: {}")
        #expect(try reasons(environment("")) == ["compose"])
    }

    @Test("A verifier that runs apart needs an image that is here")
    func separate() throws {
        let separate = "[verifier]\nenvironment_mode = \"separate\"\n"
        #expect(try reasons(environment(separate)).isEmpty)
        #expect(try reasons(environment("[verifier.environment]\ncpus = 1")).isEmpty)
        #expect(try reasons(environment("[verifier.environment]\ngpus = 1")) == ["gpus"])
        #expect(try reasons(environment("[verifier.environment]\ngpus = 1"), mode: .isolated).isEmpty)
        let own = environment("[verifier.environment]\ndocker_image = ")
        #expect(try reasons(own + "\"alpine:3\"").isEmpty)
        #expect(try reasons(own + "\"alpine:9\"") == ["imageUnknown"])
        #expect(try reasons(own + "\"alpine:9\"", mode: .isolated).isEmpty)
        let closed = own + "\"alpine:3\"\nnetwork_mode = \"public\""
        #expect(try reasons(closed) == ["networkUnavailable"])
        try scratch.write("tests/Dockerfile", "FROM x")
        #expect(try reasons(environment(separate)) == ["verifierNeedsBuild"])
        #expect(try reasons(environment(separate), image: "host").isEmpty)
        #expect(try reasons(environment(separate), mode: .isolated).isEmpty)
        #expect(try reasons(environment("")).isEmpty)
        #expect(try reasons(environment(""), mode: .separate) == ["verifierNeedsBuild"])
        // A name in task.toml counts more than a file to build.
        #expect(try reasons(own + "\"alpine:3\"").isEmpty)
    }

    @Test("A network that is asked for is refused, unless the person waives it")
    func network() throws {
        #expect(try reasons(environment("allow_internet = true")) == ["networkUnavailable", "networkUnavailable"])
        let agentOnly = environment("network_mode = \"no-network\"\n[agent]\nnetwork_mode = \"public\"")
        #expect(try reasons(agentOnly) == ["networkUnavailable"])
        #expect(try reasons(agentOnly, on: HostCapabilities(lowered: .closed)).isEmpty)
        let wide = HostCapabilities(network: NetworkOffer(ceiling: .open, obstacle: nil))
        #expect(try reasons(agentOnly, on: wide).isEmpty)
        let task = try scratch.load(agentOnly).definition
        #expect(task.network(of: .agent, on: HostCapabilities()) == .open)
        #expect(task.network(of: .verifier, on: HostCapabilities()) == .closed)
        #expect(task.network(of: .agent, on: HostCapabilities(lowered: .closed)) == .closed)
    }

    @Test("Networks are bounded by the administrator's ceiling and list, and narrowed by the person")
    func networkBounds() throws {
        let listing = environment("network_mode = \"allowlist\"\nallowed_hosts = [\"a.org\", \"127.0.0.1\"]")
        #expect(try reasons(listing) == ["hostsUnavailable", "hostsUnavailable"])
        func offer(_ ceiling: NetworkKind, _ hosts: [String]? = nil) -> NetworkOffer {
            NetworkOffer(ceiling: ceiling, hosts: hosts.map { $0.compactMap(AllowedHost.init) })
        }
        #expect(
            try reasons(listing, on: HostCapabilities(network: offer(.allowlist, ["*.org", "127.0.0.0/8"]))).isEmpty
        )
        #expect(try reasons(listing, on: HostCapabilities(network: offer(.closed))).first == "networkUnavailable")
        let all = environment("network_mode = \"public\"")
        #expect(try reasons(all).first == "networkUnavailable")
        #expect(try reasons(all, on: HostCapabilities(network: offer(.open))).isEmpty)
        var lacking = offer(.open)
        lacking.obstacle = .init(why: "no pasta", remedy: "install it")
        #expect(try reasons(all, on: HostCapabilities(network: lacking)).first == "networkUnavailable")
        // Narrowed to what the administrator lists, or to nothing.
        let narrowed = HostCapabilities(network: offer(.open, ["a.org"]), lowered: .allowlist)
        #expect(try reasons(all, on: narrowed).isEmpty)
        let task = try scratch.load(all).definition
        #expect(task.network(of: .agent, on: narrowed) == .allowlist(["a.org"]))
        #expect(task.network(of: .agent, on: HostCapabilities(lowered: .open)) == .open)
        let none = HostCapabilities(network: offer(.open), lowered: .allowlist)
        #expect(try reasons(all, on: none).first == "networkUnavailable")
    }

    @Test("The image is the person's, an alias's, or the store's; a task cannot reach for host directories")
    func image() throws {
        func image(_ name: String, override: String? = nil) throws -> Result<ImageReference, TaskRefusal> {
            let task = try scratch.load("[environment]\ndocker_image = \"\(name)\"").definition
            return images.image(for: task, override: override)
        }
        #expect(try image("debian:bookworm-slim") == .success(.host))
        #expect(try image("docker.io/library/debian:bookworm") == .success(.host))
        #expect(try image("ml/torch") == .success(.stored(name: "base:latest")))
        #expect(try image("alpine:3") == .success(.stored(name: "alpine:3")))
        #expect(try image("x", override: "dir:/srv/root") == .success(.directory(path: "/srv/root")))
        #expect(try image("x", override: "host") == .success(.host))
        #expect(try image("debian:bookworm", override: "alpine:3") == .success(.stored(name: "alpine:3")))
        for name in ["host", "dir:/etc", "debian:sid", "dir:relative"] {
            guard case .failure(.imageUnknown(name, let aliases)) = try image(name) else {
                Issue.record("\(name) was found")
                continue
            }
            #expect(aliases == ["debian:bookworm*", "ml/*"])
        }
        guard case .failure(.imageUnknown) = try image("x", override: "dir:relative") else {
            Issue.record("a relative directory was taken")
            return
        }
    }

    @Test("The shipped aliases are for Debian 12 hosts only")
    func shipped() {
        #expect(ImageAlias.shipped(osRelease: "NAME=\"Debian\"\nVERSION_ID=\"12\"\nID=debian\n").count == 3)
        #expect(ImageAlias.shipped(osRelease: "VERSION_ID=\"13\"\nID=debian\n").isEmpty)
        #expect(ImageAlias.shipped(osRelease: "ID=ubuntu\nVERSION_ID=\"12\"\n").isEmpty)
        #expect(ImageAlias.shipped(osRelease: "").isEmpty)
    }
}
