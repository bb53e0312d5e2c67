import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// Which kind of writable layer a host gets.
struct LayerChoiceTests {
    @Test(
        arguments: [
            (true, true, UInt64(1 << 20), LayerKind.memory),
            (true, true, LayerAbilities.memoryBytes, .memory),
            (true, true, LayerAbilities.memoryBytes + 1, .disk),
            (true, false, LayerAbilities.memoryBytes + 1, nil),
            // Linux before 6.6: root has something better, users have not.
            (false, true, UInt64(1 << 20), .disk),
            (false, false, UInt64(1 << 20), .memory),
        ] as [(Bool, Bool, UInt64, LayerKind?)]
    )
    func kind(keepsMarks: Bool, disk: Bool, bytes: UInt64, kind: LayerKind?) {
        #expect(LayerAbilities(memoryKeepsMarks: keepsMarks, disk: disk).kind(bytes: bytes) == kind)
    }
}

/// Layers beyond memory on the real kernel.
@Suite(.serialized, .enabled(if: geteuid() == 0, "mounts"), .timeLimit(.minutes(2)))
struct LayerKernelTests {
    private static let canMountDisks = geteuid() == 0 && LayerAbilities.find().disk

    @Test(.enabled(if: canMountDisks, "needs loop devices and mkfs.ext4"))
    func aDiskLayerHoldsItsLimitsAndVanishes() async throws {
        let kernel = try await KernelFixture.make()
        let layer = try await kernel.host.makeLayer(for: kernel.identity, kind: .disk, bytes: 24 << 20, inodes: 1000)
        #expect(try Self.loopDevices(below: kernel.directory) == 1)
        let sandbox = try await kernel.sandbox { $0.layer = layer.name }
        let used = try await sandbox.run(
            kernel.shell(
                """
                ls /usr/lost+found /lost+found 2>/dev/null
                rm -r /etc/ssl && mkdir /etc/ssl && ls /etc/ssl
                head -c 40000000 /dev/zero > /tmp/large 2>/dev/null; stat -c %s /tmp/large; rm /tmp/large
                mkdir /tmp/many && cd /tmp/many && seq 2000 | xargs touch 2>/dev/null; ls | wc -l
                """
            )
        )
        let numbers = used.text.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
        try #require(numbers.count == 2, "\(used.text)\(used.errorText)")
        #expect((22 << 20...25 << 20).contains(numbers[0]))
        #expect((900..<1024).contains(numbers[1]))
        await sandbox.destroy()
        try await kernel.host.removeLayer(layer)
        #expect(HostProcess.eventually { (try? Self.loopDevices(below: kernel.directory)) == 0 })
        #expect(try Self.backingFiles(of: kernel).isEmpty)
    }

    @Test func anUnlimitedLayerIsAnAcceptedDirectory() async throws {
        let kernel = try await KernelFixture.make()
        let host = kernel.host
        let bytes = UInt64.max / 2
        let layer = try await host.makeLayer(for: kernel.identity, kind: .unlimited, bytes: bytes, inodes: 1000)
        #expect(layer.unenforced == ["disk"])
        let sandbox = try await kernel.sandbox { $0.layer = layer.name }
        #expect(try await sandbox.run(kernel.shell("echo kept > /tmp/new && cat /tmp/new")).text == "kept\n")
        #expect(try Self.backingFiles(of: kernel) == [layer.name])
        await sandbox.destroy()
        try await host.removeLayer(layer)
        #expect(try Self.backingFiles(of: kernel).isEmpty)
    }

    private static func backingFiles(of kernel: KernelFixture) throws -> [String] {
        try names(in: kernel.directory + "/mounts-images")
    }

    /// Loop devices whose files lie below a directory; see loop(4) and /sys/block.
    private static func loopDevices(below directory: String) throws -> Int {
        try names(in: "/sys/block").filter { $0.hasPrefix("loop") }.count { name in
            let block = try? CgroupDirectory(path: "/sys/block/\(name)/loop", hierarchy: nil)
            return (try? block?.text(of: "backing_file"))?.hasPrefix(directory) == true
        }
    }

    private static func names(in directory: String) throws -> [String] {
        let listing = try #require(opendir(directory))
        defer { closedir(listing) }
        var names: [String] = []
        while let entry = readdir(listing) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}
