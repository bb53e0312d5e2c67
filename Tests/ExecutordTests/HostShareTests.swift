import FoundationEssentials
import Tasks
import Testing
import Wire

@testable import Executord

/// What tasks take of a host.
struct HostShareTests {
    private let capacity = HostShare(memoryBytes: 1 << 30, processors: 2)

    private func task(_ environment: String) throws -> TaskDefinition {
        let directory = FileManager.default.temporaryDirectory.path + "/executord-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let texts = [
            "task.toml": "schema_version = \"1.4\"\n[task]\nname = \"tests/t\"\n[environment]\n\(environment)\n",
            "instruction.md": "x", "tests/test.sh": "x",
        ]
        for (name, text) in texts {
            let place = URL(filePath: directory + "/" + name)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(),
                withIntermediateDirectories: true
            )
            try Data(text.utf8).write(to: place)
        }
        return try LoadedTask.load(directory: directory, directoryName: "t").definition
    }

    @Test func declaredLimitsCount() throws {
        let declared = try task("docker_image = \"debian:12\"\ncpus = 1.5\nmemory_mb = 512")
        #expect(
            HostShare(of: declared, defaults: LimitDefaults(), capacity: capacity)
                == HostShare(memoryBytes: 512 << 20, processors: 1.5)
        )
        try HostShare.check(declared, capacity: capacity)
    }

    @Test func whatIsNotDeclaredIsOneProcessorAndTheDefaultButNoMoreThanThereIs() throws {
        let plain = try task("docker_image = \"debian:12\"")
        let large = HostShare(memoryBytes: 64 << 30, processors: 8)
        #expect(
            HostShare(of: plain, defaults: LimitDefaults(), capacity: large)
                == HostShare(memoryBytes: LimitDefaults().memoryBytes, processors: 1)
        )
        #expect(HostShare(of: plain, defaults: LimitDefaults(), capacity: capacity).memoryBytes == 1 << 30)
        try HostShare.check(plain, capacity: capacity)
    }

    @Test func declaringMoreThanTheHostHasIsRefusedWithBothNumbers() throws {
        for (environment, words) in [
            ("cpus = 3", ["3.0 processors", "2.0", "admission.processors"]),
            ("memory_mb = 2048", ["2048 MiB", "1024 MiB", "admission.memoryBytes"]),
        ] {
            let task = try task("docker_image = \"debian:12\"\n" + environment)
            let error = try #require(throws: WireError.self) { try HostShare.check(task, capacity: capacity) }
            #expect(error.data.reason == "tooLargeForHost" && error.data.name == "taskRefused")
            for word in words { #expect("\(error)".contains(word), "\(error)") }
            // Accepted all the same, it takes the whole host.
            #expect(HostShare(of: task, defaults: LimitDefaults(), capacity: capacity).fits(in: capacity))
        }
    }

    @Test func thisHostHasRoomForTrials() {
        let host = HostShare.ofThisHost()
        #expect(host.processors >= 1 && host.memoryBytes > 64 << 20)
    }
}
