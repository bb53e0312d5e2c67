import FoundationEssentials
import Glibc
import Testing

@testable import Sandbox

/// The processes that the launcher makes ahead.
@Suite(.serialized, .enabled(if: geteuid() == 0, "reads the mounts of other processes"), .timeLimit(.minutes(1)))
struct NewbornTests {
    /// Who shares the launcher's mount namespace: itself and what it has made ahead, by the order of their birth.
    private static func family(of kernel: KernelFixture) -> [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { pid_t($0) }.sorted().filter { pid in
            let mounts = try? String(contentsOfFile: "/proc/\(pid)/mountinfo", encoding: .utf8)
            return mounts?.contains(" \(kernel.directory)/mounts ") == true
        }
    }

    @Test func aKilledOneIsReplacedAndNotUsed() async throws {
        let kernel = try await KernelFixture.make()
        #expect(HostProcess.eventually { Self.family(of: kernel).count == 3 })
        let waiting = Self.family(of: kernel).dropFirst()
        for pid in waiting { kill(pid, SIGKILL) }
        #expect(HostProcess.eventually { waiting.allSatisfy { kill($0, 0) != 0 } })
        for _ in 0..<4 {
            let sandbox = try await kernel.sandbox()
            let result = try await sandbox.run(kernel.shell("cat /proc/net/dev | grep -c lo:; hostname"))
            #expect(result.text == "1\nsandbox\n")
            await sandbox.destroy()
        }
    }

    @Test func theyEndWithTheLauncher() async throws {
        let kernel = try await KernelFixture.make()
        #expect(HostProcess.eventually { Self.family(of: kernel).count == 3 })
        let family = Self.family(of: kernel)
        kill(family[0], SIGKILL)
        #expect(HostProcess.eventually { family.dropFirst().allSatisfy { kill($0, 0) != 0 } })
    }
}
