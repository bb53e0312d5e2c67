import Testing

@testable import Executord

/// What is said beside a time that ran out.
struct HostLoadTests {
    @Test func onlyABusyHostIsMentioned() {
        #expect(HostLoad.remark(load: 3, processors: 2) == nil && HostLoad.remark(load: 0, processors: 1) == nil)
        #expect(HostLoad.remark(load: 15.27, processors: 2)?.contains("15.2 runnable for 2 processors") == true)
        #expect(HostLoad.remark(load: .infinity, processors: 64) != nil)
    }
}
