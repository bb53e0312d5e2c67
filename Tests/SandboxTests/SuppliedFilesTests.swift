import FoundationEssentials
import SandboxPlan
import Testing

@testable import Sandbox

/// Every image knows `localhost`, as container engines have it.
@Suite(.serialized)
struct SuppliedFilesTests {
    /// A copy of the fixture's root with this /etc/hosts, or with none.
    private func image(hosts: String?, _ kernel: KernelFixture) throws -> Image {
        let root = "\(kernel.directory)/root-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.copyItem(atPath: kernel.image.root, toPath: root)
        let path = "\(root)/etc/hosts"
        try FileManager.default.removeItem(atPath: path)
        if let hosts { try Data(hosts.utf8).write(to: URL(filePath: path)) }
        return Image(name: "test", root: root, trees: kernel.image.trees, isComposed: true)
    }

    private let look = "getent hosts localhost >/dev/null && echo known; cat /etc/hosts"

    @Test(arguments: [nil, ""]) func isSuppliedWhereAnImageLacksIt(hosts: String?) async throws {
        let kernel = try await KernelFixture.make()
        let image = try image(hosts: hosts, kernel)
        let sandbox = try await kernel.sandbox { $0.image = image }
        let result = try await sandbox.run(kernel.shell("\(look); echo 127.9.9.9 mine >>/etc/hosts; ls -l /etc/hosts"))
        #expect(result.text.contains("known") && result.text.contains("root root"))
        #expect(await sandbox.destroy() == 0)
        let left = try? String(contentsOfFile: image.root + "/etc/hosts", encoding: .utf8)
        #expect(left == hosts, "the image itself stays as it is")
    }

    @Test func whatAnImageHasStays() async throws {
        let kernel = try await KernelFixture.make()
        let image = try image(hosts: "127.0.0.7 own\n", kernel)
        let sandbox = try await kernel.sandbox { $0.image = image }
        #expect(try await sandbox.run(kernel.shell("cat /etc/hosts")).text == "127.0.0.7 own\n")
        #expect(await sandbox.destroy() == 0)
    }

    @Test func aPristineSystemHasItReadOnlyWhateverWasLeft() async throws {
        let kernel = try await KernelFixture.make()
        let image = try image(hosts: nil, kernel)
        let layer = try await kernel.layer()
        let first = try await kernel.sandbox {
            $0.image = image
            $0.layer = layer.name
        }
        _ = try await first.run(kernel.shell("echo 127.9.9.9 localhost >/etc/hosts; echo evil >/etc/added"))
        #expect(await first.destroy() == 0)
        let second = try await kernel.sandbox {
            $0.image = image
            $0.frozen = [layer.name]
            $0.pristineSystem = true
        }
        let seen = try await second.run(kernel.shell("\(look); ls /etc/added /etc/passwd; echo x >>/etc/hosts"))
        #expect(seen.text.hasPrefix("known\n") && !seen.text.contains("127.9.9.9"))
        #expect(seen.text.hasSuffix("/etc/passwd\n") && seen.errorText.contains("Read-only file system"))
        #expect(await second.destroy() == 0)
    }
}
