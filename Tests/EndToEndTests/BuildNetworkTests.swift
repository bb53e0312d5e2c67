import FoundationEssentials
import Glibc
import Testing
import Wire

/// What RUN lines reach and see by the administrator's settings, and what the image keeps of it: nothing.
@Suite(.serialized, .timeLimit(.minutes(5)), .enabled(if: geteuid() == 0, "needs root for port 80"))
struct BuildNetworkTests {
    private func station(_ settings: String) async throws -> (Station, Scratch) {
        let scratch = try Scratch()
        try scratch.write("bundle.pem", "a certificate\n")
        let text = settings.replacing("SCRATCH", with: scratch.path)
        try scratch.write("executord.toml", text)
        let station = try await Station.start(mode: ["--config", scratch.path + "/executord.toml"])
        let base = try await ImageFixture(scratch: station.scratch).smallRoot()
        try await ImageFixture(scratch: station.scratch).shell(
            "echo nameserver 192.0.2.1 > \"$1/etc/resolv.conf\"",
            base
        )
        _ = try await station.imported([base, "small:1"])
        return (station, scratch)
    }

    private func task(_ dockerfile: String, in station: Station) throws -> String {
        try MadeTask(
            verifier: "#!/bin/sh\necho 1 > /logs/verifier/reward.txt\n",
            image: "",
            dockerfile: "FROM small:1\nSHELL [\"/bin/bash\", \"-c\"]\n" + dockerfile
        ).write(in: station.scratch)
    }

    /// Asks for a URL through a proxy and prints the first line of the answer.
    private static func ask(_ host: String) -> String {
        let request = "GET http://\(host)/package HTTP/1.1\\r\\nHost: \(host)\\r\\nConnection: close\\r\\n\\r\\n"
        return
            "{ exec 3<>/dev/tcp/127.0.0.1/3128 && printf '\(request)' >&3 && read -r _ status _ <&3 && echo $status; }"
    }

    @Test func anAllowListIsReachedAndNothingOfItIsInTheImage() async throws {
        let (station, scratch) = try await station(
            """
            [network]
            allowedHosts = ["127.77.7.3"]
            [builds]
            network = "allowlist"
            hosts = ["127.77.7.1"]
            environment = { TRUST = "/run/build-files/ca.pem" }
            files = { "ca.pem" = "SCRATCH/bundle.pem" }
            """
        )
        let server = try await WebServer.start(at: "127.77.7.1")
        let task = try task(
            """
            RUN \(Self.ask("127.77.7.1")) > /told && \(Self.ask("127.77.7.3")) >> /told && echo $http_proxy $TRUST >> /told
            RUN cat $TRUST >> /told; ! echo x 2>/dev/null > $TRUST; ! rm $TRUST 2>/dev/null
            """,
            in: station
        )
        let built = try await station.json(ImageBuild.Result.self, ["image", "build", task]).value
        let seen = try #require(built.network)
        #expect(seen.kind == .allowlist)
        #expect(
            seen.targets.map { "\($0.host):\($0.port) \($0.decision.rawValue)" } == [
                "127.77.7.1:80 allowed", "127.77.7.3:80 refused",
            ]
        )
        #expect(try await eventually { server.log.contains("/package") })
        let shown = try await station.json(ImageShow.Result.self, ["image", "show", built.image.id]).value
        #expect(shown.network == seen && shown.environment.isEmpty)

        let (trial, _) = try await station.replay(
            ["cat /told; ls /run; env | grep -ci -e proxy -e trust; cat /etc/resolv.conf"],
            on: task
        )
        let outputs = try await station.actionOutputs(of: trial)
        #expect(
            outputs.first == """
                200
                403
                http://127.0.0.1:3128 /run/build-files/ca.pem
                a certificate
                0
                nameserver 192.0.2.1

                """
        )
        withExtendedLifetime(scratch) {}
    }

    @Test func withoutSettingsThereIsNoNetworkAndAFailureSaysSo() async throws {
        let (station, _) = try await station("")
        let closed = try await station.control([
            "image", "build", try task("RUN \(Self.ask("127.77.7.1"))", in: station),
        ])
        #expect(closed.status == 1 && closed.errors.contains("[builds]"), "\(closed)")
        let (listed, _) = try await self.station("[builds]\nnetwork = \"allowlist\"\nhosts = [\"127.77.7.9\"]\n")
        let refused = try await listed.control(
            ["image", "build", try task("RUN \(Self.ask("127.77.7.1")) | grep 200", in: listed)]
        )
        #expect(refused.status == 1 && refused.errors.contains("127.77.7.1:80 (notListed)"), "\(refused)")
        let silent = try await listed.control(
            ["image", "build", try task("RUN \(Self.ask("127.77.7.9")) | grep 200", in: listed)]
        )
        #expect(silent.status == 1 && silent.errors.contains("did not answer: 127.77.7.9:80"), "\(silent)")
        #expect(try await listed.json(ImageList.Result.self, ["image", "list"]).value.images.count == 1)
    }

    @Test(.enabled(if: access("/usr/bin/pasta", X_OK) == 0, "needs pasta"))
    func aPublicNetworkIsReachedAndItsNameServerIsNotInTheImage() async throws {
        #expect(chmod("/dev/net/tun", 0o666) == 0)
        try await Internet.during { internet in
            let (station, _) = try await station(
                "[network]\nceiling = \"public\"\n[builds]\nnetwork = \"public\"\n"
            )
            let task = try task(
                """
                RUN cat < /dev/tcp/\(internet.remote)/7007 > /told && ! cat < /dev/tcp/\(internet.own)/7007 >> /told
                RUN ! cat < /dev/tcp/\(internet.privateRemote)/7007 >> /told; cp /etc/resolv.conf /seen
                """,
                in: station
            )
            let built = try await station.json(ImageBuild.Result.self, ["image", "build", task]).value
            #expect(built.network == ImageNetwork(kind: .open, targets: []))
            let (trial, _) = try await station.replay(["cat /told; echo; cat /seen /etc/resolv.conf"], on: task)
            let outputs = try await station.actionOutputs(of: trial)
            #expect(outputs.first == "far\nnameserver 198.18.0.1\nnameserver 192.0.2.1\n")
        }
    }
}
