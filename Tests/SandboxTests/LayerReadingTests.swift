import FoundationEssentials
import Glibc
import Linux
import Reactor
import SandboxPlan
import Testing

@testable import Sandbox

/// Layers that are read and archived once their sandbox has ended.
@Suite(.serialized, .enabled(if: geteuid() == 0, "extracts devices and owners"), .timeLimit(.minutes(2)))
struct LayerReadingTests {
    /// Everything that an agent can make and that a tar stream can hold, in a way that is hard to say.
    private static let mischief = #"""
        import os, shutil
        os.mkdir("/w"); os.chdir("/w")
        for name in (b"new\nline", b"\xff\xfe", b"n" * 255, b"-rf", b" ", b"=%", "ü".encode()):
            open(name, "wb").write(name)
        os.link("-rf", "second"); os.link("-rf", "third")
        os.symlink("/etc/passwd", "out"); os.symlink(b"\xff" * 150, "long"); os.symlink("x" * 4095, "longest")
        os.mkfifo("fifo")
        with open("holes", "wb") as f:
            f.write(b"begin"); f.seek(1 << 40); f.write(b"middle"); f.truncate(3 << 40)
        with open("hole-first", "wb") as f: f.seek(1 << 20); f.write(b"end")
        open("only-a-hole", "wb").truncate(15 << 40)
        open("large", "wb").write(os.urandom(3_000_001))
        open("empty", "w").close(); os.chmod("empty", 0)
        open("tool", "w").close(); os.chmod("tool", 0o6755)
        for name, value in ((b"user.a=b%", b"\x00\xff\n"), (b"user.large", b"v" * 3000)):
            os.setxattr("tool", name, value); os.setxattr(".", name, value)
        open("owned", "w").close(); os.chown("owned", 1000, 65534)
        for name, time in (("before", -1_500_000_001), ("epoch", 0), ("fraction", 1_234_567_890_000_000_120)):
            open(name, "w").close(); os.utime(name, ns=(0, time))
        os.mkdir("sticky"); os.chmod("sticky", 0o1777)
        os.mkdir("a" * 200); os.mkdir("a" * 200 + "/" + "b" * 200); open("a" * 200 + "/" + "b" * 200 + "/c", "w").close()
        shutil.rmtree("/usr/share/misc"); os.mkdir("/usr/share/misc"); os.remove("/etc/hostname")
        for level in range(1500): os.mkdir("d"); os.chdir("d")
        """#

    /// What there is below a directory: kind, mode, owners, time, target, and of files size, names and contents.
    private static let listing = #"""
        find . -printf '%P|%y|%m|%U|%G|%T@|%l\n' | LC_ALL=C sort
        find . -type f -printf '%P|%s|%n\n' | LC_ALL=C sort
        find . -type f -size -4096k -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
        """#

    @Test func anArchiveHasAllThatTheLayerHas() async throws {
        let kernel = try await KernelFixture.make()
        let layer = try await layer(of: kernel, after: "python3 -c '\(Self.mischief)' && echo made")
        let archive = kernel.directory + "/layer.tar"
        let file = try descriptor(archive)
        let targets = ["root/upper", "usr/upper", "missing"]
        let trees = try await kernel.host.read(
            layer,
            of: kernel.identity,
            listing: targets,
            limits: TreeLimits(contents: false),
            archive: (LayerArchive(), file.raw)
        )
        #expect(trees.count == 3 && trees[2].items.isEmpty)
        #expect(trees[0].incomplete.isEmpty == false, "1,500 levels")
        let marks = trees[1].items.filter { $0.entry.kind == .deleted }
        #expect(marks.map { String(decoding: $0.entry.path, as: UTF8.self) }.contains("share/misc"))

        // Each in its own way: the kernel through a sandbox, GNU tar from the archive.
        let extracted = kernel.directory + "/extracted"
        try FileManager.default.createDirectory(atPath: extracted, withIntermediateDirectories: true)
        let said = try onHost(
            "cd \(extracted) && tar --xattrs --xattrs-include='user.*' --numeric-owner -xpf \(archive) && { \(Self.listing)\n}",
            kernel
        )
        let seen = try await look(at: layer, of: kernel, Self.listing)
        #expect(said.count > 100_000 && said == seen, "\(text(said)) is not \(text(seen))")
        let attributes =
            "import os; print([(n, os.getxattr(p, n)) for p in (\"w/tool\", \"w\") for n in sorted(os.listxattr(p))])"
        let command = "cd root/upper && python3 -c '\(attributes)'"
        let restored = try onHost("cd \(extracted) && \(command)", kernel)
        let original = try await look(at: layer, of: kernel, command)
        #expect(restored == original && text(restored).contains("user.a=b%"), "\(text(restored)), \(text(original))")
        // Holes take no place.
        var facts = stat()
        #expect(stat(archive, &facts) == 0 && facts.st_size < 16 << 20, "\(facts.st_size)")
        try await kernel.host.removeLayer(layer)
    }

    @Test func anArchiveCanLeaveThingsOut() async throws {
        let kernel = try await KernelFixture.make()
        let layer = try await layer(
            of: kernel,
            after:
                "mkdir -p /w/keep /w/drop/below; touch /w/keep/a /w/drop/b /w/dropped; mkfifo /w/f; rm /etc/hostname; truncate -s $((0x7ffffffffffff000)) /w/huge && echo made"
        )
        let archive = kernel.directory + "/layer.tar"
        let form = LayerArchive(directory: "root/upper", excluded: ["w/drop"], hasMarks: false)
        let file = try descriptor(archive)
        _ = try await kernel.host.read(layer, of: kernel.identity, archive: (form, file.raw))
        let names = text(try onHost("tar -tf \(archive)", kernel)).split(separator: "\n")
        #expect(
            names.filter { $0.hasPrefix("./w/") } == ["./w/", "./w/dropped", "./w/huge", "./w/keep/", "./w/keep/a"]
        )
        #expect(!names.contains { $0.contains("hostname") })
        #expect(text(try onHost("tar -tvf \(archive)", kernel)).contains(" 9223372036854771712 "))
        try await kernel.host.removeLayer(layer)
    }

    @Test func whatCannotBeWrittenIsSaid() async throws {
        let kernel = try await KernelFixture.make()
        let layer = try await layer(of: kernel, after: "touch /a; echo made")
        let full = OwnedDescriptor(adopting: Glibc.open("/dev/full", O_WRONLY | O_CLOEXEC))
        let error = await #expect(throws: SandboxError.self) {
            _ = try await kernel.host.read(layer, of: kernel.identity, archive: (LayerArchive(), full.raw))
        }
        #expect("\(try #require(error))".contains("No space left on device"))
        let missing = Layer(name: "none", path: layer.path + "-none", kind: .memory, bytes: 1, inodes: 1)
        let other = await #expect(throws: SandboxError.self) {
            _ = try await kernel.host.read(missing, of: kernel.identity, listing: ["root/upper"])
        }
        #expect("\(try #require(other))".contains("No such file"))
        try await kernel.host.removeLayer(layer)
    }

    /// A pipe that nobody reads holds the reader up, where it can be looked at.
    @Test func theReaderSeesTheLayerAloneAndEndsWhenItIsTold() async throws {
        let kernel = try await KernelFixture.make()
        let layer = try await layer(of: kernel, after: "head -c 4000000 /dev/zero >/large; echo made")
        let pipe = try SharedPipe()
        let (host, identity) = (kernel.host, kernel.identity)
        let (number, other) = (try #require(pipe.writing.raw), try #require(pipe.reading.raw))
        let reader = Task {
            try await host.read(layer, of: identity, archive: (LayerArchive(), number))
        }
        let name = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(number)")
        var found: String?
        #expect(
            HostProcess.eventually {
                found = Self.process(with: name)
                return found != nil && isReadable(other, within: 0)
            }
        )
        let process = "/proc/" + (try #require(found))
        let facts = try String(contentsOfFile: process + "/status", encoding: .utf8).split(separator: "\n")
        for expected in [
            "CapEff:\t0000000000000004", "CapPrm:\t0000000000000004", "CapBnd:\t0000000000000004",
            "CapInh:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2",
        ] { #expect(facts.contains { $0 == expected }, "\(expected)") }
        #expect(facts.first { $0.hasPrefix("NSpid:") }?.hasSuffix("\t1") == true)
        #expect(facts.first { $0.hasPrefix("Uid:") }?.contains("\t\(identity.root)\t") == true)
        let descriptors = try FileManager.default.contentsOfDirectory(atPath: process + "/fd").compactMap(Int.init)
        // Those of the standard streams, its answer, the archive, and the file and directory that it is reading.
        #expect(Set(descriptors).isSubset(of: Set(0...6)), "\(descriptors)")
        for stream in 0...2 {
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: process + "/fd/\(stream)") == "/dev/null")
        }
        let root = try FileManager.default.contentsOfDirectory(atPath: process + "/root")
        #expect(root.contains("root") && !root.contains("etc"), "\(root)")

        reader.cancel()
        let error = await #expect(throws: SandboxError.self) { _ = try await reader.value }
        #expect("\(try #require(error))" == "\(SandboxError.cancelled)")
        #expect(HostProcess.eventually { access(process, F_OK) != 0 }, "the launcher reaps it")

        let late = await #expect(throws: SandboxError.self) {
            _ = try await host.read(
                layer,
                of: identity,
                archive: (LayerArchive(), number),
                deadline: .milliseconds(50)
            )
        }
        #expect("\(try #require(late))" == "\(SandboxError.deadlineExceeded(.milliseconds(50)))")
        try await host.removeLayer(layer)
    }

    // MARK: Surroundings

    private func descriptor(_ path: String) throws -> OwnedDescriptor {
        OwnedDescriptor(adopting: Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
    }

    /// A layer in which a command has done its work, which says "made".
    private func layer(of kernel: KernelFixture, after command: String) async throws -> Layer {
        let layer = try await kernel.layer()
        let sandbox = try await kernel.sandbox { $0.layer = layer.name }
        var action = kernel.shell(command)
        action.profile = try .compiled(.root)
        let result = try await sandbox.run(action)
        await sandbox.destroy()
        try #require(result.text == "made\n", "\(result.text)\(result.errorText)")
        return layer
    }

    /// What a command says in the layer's directory, seen from a sandbox.
    private func look(at layer: Layer, of kernel: KernelFixture, _ command: String) async throws -> [UInt8] {
        let sandbox = try await kernel.sandbox { $0.mounts = [PolicyMount(.layer(path: layer.name), at: "/layer")] }
        var action = kernel.shell("cd /layer && { \(command)\n}")
        action.profile = try .compiled(.root)
        action.output = .captured(head: 32 << 20, tail: 0)
        let result = try await sandbox.run(action)
        await sandbox.destroy()
        #expect(result.end == .exited(code: 0), "\(result.errorText)")
        return result.stdout.head
    }

    private func onHost(_ command: String, _ kernel: KernelFixture) throws -> [UInt8] {
        let said = kernel.directory + "/said"
        try HostProcess("{ \(command)\n} >\(said)", joining: []).reap()
        return Array(try #require(FileManager.default.contents(atPath: said)))
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes.prefix(5000), as: UTF8.self) }

    /// The process beside this one that has this open as descriptor 4.
    private static func process(with name: String) -> String? {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.first { process in
            Int(process) != nil && process != "\(getpid())"
                && (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/4")) == name
        }
    }
}
