import Testing

@testable import Client

struct DaemonAccessTests {
    private func places(_ socket: String?, _ variables: [String: String]) -> [String] {
        DaemonLocation.candidates(socket: socket, environment: { variables[$0] }).map(\.path)
    }

    @Test func orderOfPlaces() {
        let variables = ["HOME": "/home/ann", "XDG_RUNTIME_DIR": "/run/user/7"]
        #expect(
            places(nil, variables) == [
                "/run/executord/executord.sock", "/run/user/7/executord/executord.sock",
                "/home/ann/.local/state/executord/executord.sock",
            ]
        )
        #expect(places("/s", variables) == ["/s"])
        #expect(places(nil, ["EXECUTORD_SOCKET": "/e", "EXECUTORD_STATE": "/x"]) == ["/e"])
        #expect(places(nil, ["EXECUTORD_STATE": "/x", "XDG_RUNTIME_DIR": "/r"]) == ["/x/executord.sock"])
        #expect(places(nil, ["XDG_STATE_HOME": "/y", "HOME": "/h"]).last == "/y/executord/executord.sock")
        #expect(places(nil, [:]) == ["/run/executord/executord.sock"])
    }

    @Test func relativeStateIsMadeAbsolute() throws {
        let state = try #require(StateDirectory(environment: { $0 == "EXECUTORD_STATE" ? "s" : nil }))
        #expect(state.path.hasPrefix("/") && state.path.hasSuffix("/s"))
    }

    @Test func unreachableDaemonNamesThePlacesAndTheRemedy() throws {
        let access = DaemonAccess(socket: "/nonexistent/daemon.sock", client: "test", environment: { _ in nil })
        for connect in [access.connect, access.connectOrStart, access.connectPrivately] {
            do {
                _ = try connect()
                Issue.record("connected")
            } catch {
                #expect(error.isUnreachable)
                #expect("\(error)".contains("/nonexistent/daemon.sock: no socket there"))
                #expect("\(error)".contains("remedy: start the daemon of that socket"))
            }
        }
    }

    @Test func executableIsFoundBesideTheProgramFirst() throws {
        let here = try Directory()
        let other = try Directory()
        try here.write("#!/bin/sh\n", to: "executord")
        try other.write("#!/bin/sh\n", to: "executord")
        let program = here.path + "/executorctl"
        #expect(try DaemonAccess.findExecutable(beside: program, path: other.path) == here.path + "/executord")
        #expect(
            try DaemonAccess.findExecutable(beside: "/nonexistent/ctl", path: "x:" + other.path)
                == other.path + "/executord"
        )
        #expect(throws: ClientError.self) {
            try DaemonAccess.findExecutable(beside: "/nonexistent/ctl", path: "relative:/nonexistent")
        }
    }
}
