import FoundationEssentials
import Tasks
import Testing
import Wire

@testable import Executord

/// The settings file over the defaults; what is wrong in it is named, not ignored.
struct ConfigurationTests {
    private func configuration(_ text: String) throws -> Configuration {
        let path = FileManager.default.temporaryDirectory.path + "/executord-\(UUID().uuidString).toml"
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var configuration = Configuration(state: "/state", socket: nil)
        try configuration.apply(file: path)
        return configuration
    }

    @Test func anEmptyFileChangesNothing() throws {
        let configuration = try configuration("")
        #expect(configuration.state == "/state")
        #expect(configuration.socket == "/state/executord.sock")
        #expect(configuration.limits == LimitDefaults())
        #expect(configuration.concurrency >= 1)
        #expect(configuration.admission == .ofThisHost() && configuration.retention == RetentionPolicy())
        #expect(configuration.socketMode == 0o600)
    }

    @Test func networksAreBoundedAsTheFileSays() throws {
        let plain = try configuration("").network
        #expect(plain.ceiling == .allowlist && plain.hosts == nil && plain.ports == [80, 443])
        let set = try configuration(
            "[network]\nceiling = \"public\"\nallowedHosts = [\"*.a.org\", \"10.0.0.0/8\"]\nports = [8443]\n"
        ).network
        #expect(set.ceiling == .open && set.ports == [8443])
        #expect(set.hosts?.map(\.text) == ["*.a.org", "10.0.0.0/8"])
        for (text, key) in [
            ("ceiling = \"all\"", "ceiling"), ("allowedHosts = [\"http://a.org\"]", "network.allowedHosts"),
            ("ports = [0]", "network.ports"), ("hosts = []", "network.hosts"),
        ] {
            let error = #expect(throws: (any Error).self) { try configuration("[network]\n" + text) }
            #expect("\(String(describing: error))".contains(key), "\(String(describing: error))")
        }
    }

    @Test func toolsOfVerifiersAreAnImage() throws {
        #expect(try configuration("").verifierTools == nil)
        #expect(try configuration("[verifier]\ntools = \"tools:2\"\n").verifierTools == "tools:2")
        for (text, key) in [("tools = \"dir:/srv\"", "verifier.tools"), ("tool = \"x\"", "verifier.tool")] {
            let error = #expect(throws: (any Error).self) { try configuration("[verifier]\n" + text) }
            #expect("\(String(describing: error))".contains(key), "\(String(describing: error))")
        }
    }

    @Test func buildsHaveNoMoreThanThereIs() throws {
        #expect(try configuration("").builds == BuildSettings())
        #expect(BuildSettings().network == .closed)
        let set = try configuration(
            """
            [builds]
            network = "allowlist"
            hosts = ["packages.example.org", "10.0.0.0/8"]
            environment = { PIP_CERT = "/run/build-files/ca.pem" }
            files = { "ca.pem" = "/etc/ca.pem" }
            """
        ).builds
        #expect(set.network == .allowlist && set.hosts?.map(\.text) == ["packages.example.org", "10.0.0.0/8"])
        #expect(set.environment == ["PIP_CERT": "/run/build-files/ca.pem"] && set.files == ["ca.pem": "/etc/ca.pem"])
        // The hosts of all allow-lists, where there are such.
        let shared = "[network]\nallowedHosts = [\"a.org\"]\n[builds]\nnetwork = \"allowlist\"\n"
        #expect(try configuration(shared).builds.hosts == nil)
        for (text, words) in [
            ("[builds]\nnetwork = \"public\"", "builds.network is \"public\""),
            ("[builds]\nnetwork = \"allowlist\"", "builds.hosts"),
            ("[builds]\nhosts = [\"http://a.org\"]", "builds.hosts has"),
            ("[builds]\nfiles = { \"a/b\" = \"/x\" }", "builds.files has"),
            ("[builds]\nfiles = { ca = \"x\" }", "builds.files has"),
            ("[builds]\nenvironment = { \"A=B\" = \"x\" }", "builds.environment has"),
            ("[builds]\nceiling = \"public\"", "builds.ceiling"),
            (
                "[network]\nceiling = \"no-network\"\n[builds]\nnetwork = \"allowlist\"\nhosts = [\"a.org\"]",
                "network.ceiling"
            ),
        ] {
            let error = #expect(throws: (any Error).self) { try configuration(text) }
            #expect("\(error.map { "\($0)" } ?? "")".contains(words), "\(text) \(String(describing: error))")
        }
    }

    @Test func takesWhatItSays() throws {
        let configuration = try configuration(
            """
            state = "/elsewhere"
            socket = "/run/s"
            concurrency = 7
            administratorGroup = "root"
            [limits]
            memoryBytes = 33554432
            processes = 9
            storageBytes = 2097152
            inodes = 100
            openFiles = 32
            [admission]
            memoryBytes = 134217728
            processors = 1.5
            [retention]
            failedLayerDays = 1
            passedLayerDays = 0
            outputDays = 90
            [images]
            "ubuntu:*" = "dir:/srv/noble"
            """
        )
        #expect(configuration.admission == HostShare(memoryBytes: 128 << 20, processors: 1.5))
        #expect(
            configuration.retention == RetentionPolicy(failedLayerDays: 1, passedLayerDays: 0, outputDays: 90)
        )
        #expect(configuration.state == "/elsewhere" && configuration.socket == "/run/s")
        #expect(configuration.concurrency == 7)
        #expect(configuration.socketMode == 0o666 && configuration.administratorGroupID == 0)
        #expect(configuration.limits.memoryBytes == 32 << 20 && configuration.limits.openFiles == 32)
        #expect(configuration.aliases.first?.image == "dir:/srv/noble")
    }

    @Test(
        arguments: [
            ("concurency = 1", ["concurency", "concurrency"]), ("[limit]\nprocesses = 9", ["'limit'", "limits"]),
            ("[limits]\nmemory = 1", ["limits.memory", "limits.memoryBytes"]),
            ("concurrency = 0", ["concurrency is 0", "at least 1"]), ("concurrency = -1", ["concurrency is -1"]),
            ("[limits]\nmemoryBytes = 1", ["limits.memoryBytes is 1"]), ("[limits]\nprocesses = 7", ["processes is 7"]),
            ("[limits]\nstorageBytes = -1", ["storageBytes is -1"]), ("[limits]\ninodes = 0", ["inodes is 0"]),
            ("[limits]\nopenFiles = -5", ["openFiles is -5"]), ("concurrency = \"two\"", ["concurrency"]),
            ("[admission]\nmemory = 1", ["admission.memory", "admission.memoryBytes"]),
            ("[admission]\nmemoryBytes = 1", ["admission.memoryBytes is 1"]),
            ("[admission]\nprocessors = 0", ["admission.processors is 0"]),
            ("[retention]\nlayerDays = 1", ["retention.layerDays", "retention.passedLayerDays"]),
            ("[retention]\npassedLayerDays = -1", ["retention.passedLayerDays is -1"]),
            ("concurrency = 1.5", [".toml"]), ("[images]\na = 1", ["images"]), ("state = [", ["executord-"]),
        ] as [(String, [String])]
    )
    func namesWhatIsWrong(text: String, words: [String]) {
        let error = #expect(throws: (any Error).self) { try configuration(text) }
        for word in words { #expect("\(error.map { "\($0)" } ?? "")".contains(word), "\(text)") }
    }

    @Test func aMissingFileIsAnError() {
        var configuration = Configuration(state: "/state", socket: nil)
        #expect(throws: WireError.self) { try configuration.apply(file: "/no/such/file.toml") }
    }

    @Test func theSameStateHasTheSameInstance() {
        let one = Configuration(state: "/a", socket: nil).instance
        #expect(one == Configuration(state: "/a", socket: "/other").instance)
        #expect(one != Configuration(state: "/b", socket: nil).instance)
    }
}
