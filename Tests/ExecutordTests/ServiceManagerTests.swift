import Testing
import Wire

@testable import Executord

/// What a service manager hands over, and what is not for us.
struct ServiceManagerTests {
    private func manager(_ variables: [String: String]) throws(WireError) -> ServiceManager {
        try ServiceManager(environment: { variables[$0] }, process: 7)
    }

    @Test func oneSocketIsTheThirdDescriptor() throws {
        #expect(try manager(["LISTEN_PID": "7", "LISTEN_FDS": "1"]).listeningDescriptor == 3)
    }

    @Test(
        "Nothing is taken that was not handed to this process",
        arguments: [
            [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "8", "LISTEN_FDS": "1"], ["LISTEN_PID": "7"],
            ["LISTEN_PID": "7", "LISTEN_FDS": "0"], ["LISTEN_PID": "7", "LISTEN_FDS": "x"],
        ]
    )
    func notForUs(_ variables: [String: String]) throws {
        #expect(try manager(variables).listeningDescriptor == nil)
    }

    @Test func twoSocketsAreRefused() {
        let error = #expect(throws: WireError.self) { try manager(["LISTEN_PID": "7", "LISTEN_FDS": "2"]) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("2 sockets"))
    }

    @Test func anAddressThatCannotBeOneIsRefused() {
        let long = "/" + String(repeating: "x", count: 200)
        #expect(throws: WireError.self) { try manager(["NOTIFY_SOCKET": long]) }
    }
}
