import Glibc
import Linux
import Reactor
import SandboxPlan
import Testing

@testable import Sandbox

/// pid 1 and what it forks for the daemon, attacked by a program of the same uid with every right that there is inside.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct InitProbeTests {
    private static let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: [])

    /// What the attack on the processes named prints: one line for everything that it could do.
    private func attack(
        _ processes: String,
        _ sandbox: RunningSandbox,
        _ fixture: KernelFixture,
        _ profile: SeccompProfile
    ) async throws -> [String] {
        var action = fixture.shell("")
        action.argv = ["/usr/bin/python3", "-S", "-c", Self.attack, processes]
        action.profile = try .compiled(profile)
        let result = try await sandbox.run(action)
        #expect(result.end == .exited(code: 0), "\(result.errorText)")
        let lines = result.text.split(separator: "\n").map(String.init)
        // It went to its end, and had somebody to attack.
        #expect(lines.last == "attacked 1", "\(lines)")
        return lines.dropLast()
    }

    /// Reads, writes, traces and steers a process in every way that the kernel has; numbers are those of x86-64.
    private static let attack = #"""
        import ctypes, os, sys
        libc = ctypes.CDLL(None, use_errno=True)
        def call(number, *arguments):
            return libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
        def can(what, number, *arguments):
            if call(number, *arguments) >= 0: print(what)
        word = ctypes.create_string_buffer(4096)
        here = (ctypes.c_ulong * 2)(ctypes.addressof(word), 8)
        there = (ctypes.c_ulong * 2)(0x400000, 8)
        attributes = (ctypes.c_uint * 32)(1, 128)
        def attack(pid):
            place = f"/proc/{pid}/"
            secret = ["environ", "maps", "smaps", "smaps_rollup", "numa_maps", "mem", "pagemap", "auxv", "stack", "syscall",
                      "personality", "io", "mountstats"]
            for name in secret + [f"task/{pid}/{name}" for name in secret]:
                try:
                    with open(place + name, "rb", 0) as file: print("opened", name, len(file.read(1)))
                except OSError: pass
            for name in ["exe", "root", "cwd", "fd/0", "fd/3", "ns/mnt", "ns/user", "ns/net"]:
                try: print("link", name, os.readlink(place + name))
                except OSError: pass
            for name in ["fd", "fdinfo", "map_files"]:
                try: print("listed", name, os.listdir(place + name))
                except OSError: pass
            for name, text in [("oom_score_adj", "1000"), ("comm", "x"), ("coredump_filter", "ff"), ("clear_refs", "1"),
                               ("timerslack_ns", "1"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1"), ("setgroups", "allow"),
                               ("sched", "0"), ("autogroup", "19"), ("attr/current", "x"), ("loginuid", "0"), ("mem", "x")]:
                try:
                    with open(place + name, "wb", 0) as file: file.write(text.encode()); print("wrote", name)
                except OSError: pass
            can("process_vm_readv", 310, pid, here, 1, there, 1, 0)
            can("process_vm_writev", 311, pid, here, 1, there, 1, 0)
            can("ptrace attach", 101, 16, pid, 0, 0)
            can("ptrace seize", 101, 0x4206, pid, 0, 0)
            can("kcmp", 312, pid, os.getpid(), 2, 0, 0)
            can("get_robust_list", 274, pid, word, word)
            can("move_pages", 279, pid, 0, 0, 0, 0, 0)
            can("migrate_pages", 256, pid, 0, 0, 0)
            can("perf_event_open", 298, attributes, pid, -1, -1, 0)
            pidfd = call(434, pid, 0)
            for descriptor in range(8): can("pidfd_getfd", 438, pidfd, descriptor, 0)
            can("process_madvise", 440, pidfd, here, 1, 20, 0)
            can("process_mrelease", 448, pidfd, 0)
            can("setns", 308, pidfd, 0x20000)
            if pid != 1: return pidfd
            # To end others of its own uid, as signals do, is what everybody may.
            limits = (ctypes.c_ulong * 2)(0, 0)
            for resource in [0, 1, 6, 7]: can(f"prlimit {resource}", 302, pid, resource, limits, 0)
            return pidfd
        def signal(pid, pidfd):
            information = (ctypes.c_int * 32)(0, 0, -1)
            for number in range(1, 65):
                information[0] = number
                for name, arguments in [(62, (pid, number)), (200, (pid, number)), (234, (pid, pid, number)),
                                        (129, (pid, number, information)), (297, (pid, pid, number, information)),
                                        (424, (pidfd, number, 0, 0))]:
                    call(name, *arguments)
        found = 0
        for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()]:
            if pid == os.getpid() or (pid == 1) != (sys.argv[1] == "init"): continue
            found += 1
            pidfd = attack(pid)
            if pid == 1: signal(pid, pidfd)
        print("attacked", found)
        """#

    @Test(arguments: SeccompProfile.allCases)
    func nothingInsideReachesPidOne(profile: SeccompProfile) async throws {
        try await withSandbox { sandbox, fixture in
            let reached = try await attack("init", sandbox, fixture, profile)
            #expect(reached == [])
            // It serves as before.
            #expect(try await sandbox.inspect().processes == 0)
            #expect(try await sandbox.run(fixture.shell("echo alive; ulimit -n >&2")).text == "alive\n")
            #expect(try await sandbox.readFile("/etc/passwd", limit: 4, as: Self.root).bytes.count == 4)
        }
    }

    /// It holds the control socket and has no filter.
    @Test(arguments: SeccompProfile.allCases)
    func nothingInsideReachesAFileWorker(profile: SeccompProfile) async throws {
        try await withSandbox { sandbox, fixture in
            let source = try SharedPipe()
            let descriptor = try #require(source.reading.raw)
            let writing = Task { try await sandbox.writeFile("/tmp/f", from: descriptor, as: Self.root) }
            while try await sandbox.inspect().processes == 0 { await Task.yield() }
            // It has become who it acts as, once the file is there.
            while (try? await sandbox.status("/tmp/f", as: Self.root)) == nil { await Task.yield() }
            let reached = try await attack("worker", sandbox, fixture, profile)
            #expect(reached == [])
            _ = source.writing.take()
            #expect(try await writing.value == 0)
        }
    }

    /// What /proc tells a worker of itself is where executord lies on the host, and how its memory is laid out.
    @Test func aFileWorkerTellsNothingOfItself() async throws {
        try await withSandbox { sandbox, fixture in
            for name in [
                "maps", "smaps", "mem", "environ", "auxv", "status", "task/1/maps", "exe", "fd/3", "root/etc/passwd",
            ] {
                await #expect(throws: SandboxError.self, "\(name)") {
                    try await sandbox.readFile(SandboxPath("/proc/self/" + name), limit: 9, as: Self.root)
                }
            }
            for name in ["/proc/self/exe", "/proc/thread-self/exe", "/dev/stdin"] {
                let packed = try await sandbox.download(SandboxPath(name), as: Self.root).transfer
                #expect(throws: SandboxError.self) { try packed.get() }
                let status = try await sandbox.status(SandboxPath(name), followsLinks: false, as: Self.root)
                #expect(status.kind == .symlink && (status.target == nil || name == "/dev/stdin"), "\(name): \(status)")
            }
            let listed = try await sandbox.list("/proc/self", as: Self.root).entries
            #expect(listed.contains { $0.name == "exe" })
            #expect(listed.allSatisfy { $0.status.target?.bytes.first != UInt8(ascii: "/") })
            // Of others it tells what anybody may know.
            #expect(try await sandbox.readFile("/proc/uptime", limit: 99, as: Self.root).size > 0)
            #expect(try await sandbox.readFile("/proc/1/status", limit: 1 << 16, as: Self.root).size > 100)
            #expect(try await sandbox.status("/proc/self", followsLinks: false, as: Self.root).target != nil)
        }
    }
}
