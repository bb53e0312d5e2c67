import Testing

@testable import Sandbox

struct IdentityTests {
    @Test func eachOfSeveralRangesIsGivenOutOnce() throws {
        let pool = IdentityPool(.ranges(base: 1000, slots: 2))
        let first = try pool.take()
        let second = try pool.take()
        #expect((first.root, second.root) == (1000, 1000 + 65536))
        #expect(throws: SandboxError.self) { try pool.take() }
        pool.giveBack(first)
        #expect(try pool.take() == first)
    }

    @Test func aSingleRangeServesAllSandboxes() throws {
        let pool = IdentityPool(.shared(base: 1))
        let first = try pool.take()
        #expect(try pool.take() == first)
        pool.giveBack(first)
        #expect(try pool.take() == first && !first.isSingle)
    }
}
