import Testing
import Wire

@testable import Executord

/// What a service systemd hands over, and what is not for us.
struct SystemdTests {
    private func systemd(_ variables: [String: String]) throws(WireError) -> Systemd {
        try Systemd(environment: { variables[$0] }, process: 7)
    }

    @Test func oneSocketIsTheThirdDescriptor() throws {
        #expect(try systemd(["LISTEN_PID": "7", "LISTEN_FDS": "1"]).listeningDescriptor == 3)
    }

    @Test(
        "Nothing is taken that was not handed to this process",
        arguments: [
            [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "8", "LISTEN_FDS": "1"], ["LISTEN_PID": "7"],
            ["LISTEN_PID": "7", "LISTEN_FDS": "0"], ["LISTEN_PID": "7", "LISTEN_FDS": "x"],
        ]
    )
    func notForUs(_ variables: [String: String]) throws {
        #expect(try systemd(variables).listeningDescriptor == nil)
    }

    @Test func twoSocketsAreRefused() {
        let error = #expect(throws: WireError.self) { try systemd(["LISTEN_PID": "7", "LISTEN_FDS": "2"]) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("2 sockets"))
    }

    @Test func anAddressThatCannotBeOneIsRefused() {
        let long = "/" + String(repeating: "x", count: 200)
        #expect(throws: WireError.self) { try systemd(["NOTIFY_SOCKET": long]) }
    }
}
