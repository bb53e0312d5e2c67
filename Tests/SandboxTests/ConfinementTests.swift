import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// Each promise of SECURITY.md, tried from inside with the default profile.
@Suite(.serialized)
struct ConfinementTests {
    /// What a script prints that runs in a fresh sandbox, as root inside and with the default profile.
    private func inside(
        _ argv: [String],
        _ limits: [ResourceLimit] = [],
        change: (inout SandboxPolicy) -> Void = { _ in }
    ) async throws -> String {
        let fixture = try await KernelFixture.make()
        let sandbox = try await fixture.sandbox(change)
        let action = SandboxAction(
            argv: argv,
            environment: ["PATH": "/usr/bin:/bin"],
            workingDirectory: "/",
            user: .ids(uid: 0, gid: 0),
            profile: try .compiled(.standard),
            timeout: .seconds(30),
            resourceLimits: limits
        )
        let result: ActionResult
        do {
            result = try await sandbox.run(action)
        } catch {
            await sandbox.destroy()
            throw error
        }
        await sandbox.destroy()
        #expect(result.end == .exited(code: 0), "\(result.errorText)")
        return result.text
    }

    private func shell(_ script: String, _ limits: [ResourceLimit] = []) async throws -> [Substring] {
        try await inside(["/bin/sh", "-c", script], limits).split(separator: "\n")
    }

    /// A Python program in which `call(NUMBER, ...)` gives a system call's errno, 0 when it worked.
    private func python(_ program: String) async throws -> [Substring] {
        let prelude = """
            import ctypes, errno, os, socket
            libc = ctypes.CDLL(None, use_errno=True)
            def call(number, *arguments):
                ctypes.set_errno(0)
                result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
                return ctypes.get_errno() if result == -1 else 0
            def attempt(body):
                try:
                    body()
                    return 0
                except OSError as error:
                    return error.errno

            """
        return try await inside(["/usr/bin/python3", "-c", prelude + program]).split(separator: "\n")
    }

    /// The value of a field of /proc/self/status.
    private func status(_ field: String, in lines: [Substring]) -> String? {
        lines.first { $0.hasPrefix(field + ":") }?.split(separator: "\t").last.map(String.init)
    }

    @Test func onlyItsOwnProcessesAreVisible() async throws {
        let processes = try await shell("ls -d /proc/[0-9]*")
        #expect(processes.count == 2, "pid 1 and the shell that lists them: \(processes)")
        #expect(processes.first == "/proc/1")
    }

    @Test func environmentAndDescriptorsComeFromThePlanAlone() async throws {
        // Of the descriptors, 3 is the listing's own; PWD is the shell's.
        let lines = try await shell("env | grep -v ^PWD= | grep -v ^_= ; ls /proc/self/fd")
        #expect(lines == ["PATH=/usr/bin:/bin", "0", "1", "2", "3"])
    }

    @Test func pidOneShowsNothingAndCannotBeStopped() async throws {
        let lines = try await shell(
            """
            for name in environ maps mem syscall stack root cwd exe fd/0 ns/net; do
                head -c 1 /proc/1/$name >/dev/null 2>&1 && echo "read $name"
            done
            tr '\\0' ' ' </proc/1/cmdline; echo
            for signal in KILL TERM STOP SEGV; do kill -$signal 1 2>/dev/null; done
            sleep 0.05; grep State /proc/1/status
            """
        )
        #expect(lines.count == 2, "\(lines)")
        #expect(lines.first == "executord-init ")
        #expect(lines.last?.contains("S (sleeping)") == true || lines.last?.contains("R (running)") == true)
    }

    @Test func theKernelsInsideIsMaskedAndReadOnly() async throws {
        let lines = try await shell(
            """
            for name in kcore keys kallsyms kmsg sysrq-trigger timer_list slabinfo vmallocinfo kpagecount kpageflags; do
                [ -z "$(head -c 1 /proc/$name 2>/dev/null | tr '\\0' x)" ] || echo "reads $name"
            done
            for name in sys/kernel/core_pattern sys/kernel/hostname sys/vm/overcommit_memory irq/default_smp_affinity \\
                sysrq-trigger bus/pci/devices fs/xfs/stat tty/drivers; do
                [ ! -e /proc/$name ] || ! (: >>/proc/$name) 2>/dev/null || echo "writes $name"
            done
            ls -A /sys
            (: >/sys/x) 2>/dev/null; rm -f /sys/x
            hostname; ls /dev
            """
        )
        let devices = [
            "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty", "urandom",
            "zero",
        ]
        #expect(lines.map(String.init) == ["sandbox"] + devices)
    }

    @Test func everyMountIsNosuidAndNodevButTheDevicesThemselves() async throws {
        let lines = try await shell("cat /proc/self/mountinfo")
        #expect(lines.count > 5)
        for line in lines {
            let fields = line.split(separator: " ")
            let (point, options) = (fields[4], Set(fields[5].split(separator: ",")))
            #expect(options.contains("nosuid"), "\(line)")
            let isDevice = point.hasPrefix("/dev/") && point != "/dev/shm" || point.hasPrefix("/proc/")
            #expect(isDevice || options.contains("nodev"), "\(line)")
            #expect(!line.contains("executord-test"), "a path of the host is named: \(line)")
        }
    }

    @Test func nothingIsLeftOfRootsPowers() async throws {
        let lines = try await shell("cat /proc/self/status; echo uid_map:$(cat /proc/self/uid_map)")
        for field in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(status(field, in: lines) == "0000000000000000")
        }
        #expect(status("NoNewPrivs", in: lines) == "1")
        #expect(status("Seccomp", in: lines) == "2")
        let map = try #require(lines.last { $0.hasPrefix("uid_map:") }).dropFirst(8).split(separator: " ")
        #expect(map.first == "0" && map.dropFirst().first != "0", "uid 0 outside is not reachable: \(map)")
    }

    @Test func doorsOfTheKernelAreClosed() async throws {
        // unshare NEWUSER, mount, ptrace, keyctl, bpf, userfaultfd; then io_uring_setup and clone3 (ENOSYS on purpose).
        let lines = try await python(
            """
            print(call(272, 0x10000000), call(165, b"x", b"/tmp", b"tmpfs", 0, 0), call(101, 0, 0, 0, 0),
                  call(250, 0, -3, 0), call(321, 0, 0, 0), call(323, 0), call(425, 1, 0), call(435, 0, 88))
            print(attempt(lambda: socket.socket(40, 1)), attempt(lambda: socket.socket(17, 3)),
                  attempt(lambda: socket.socket(2, 3, 1)), attempt(lambda: os.mknod("/tmp/disk", 0o60600, 0x800)))
            """
        )
        let refused = "\(EPERM)"
        #expect(lines.first == "\(refused) \(refused) \(refused) \(refused) \(refused) \(refused) \(ENOSYS) \(ENOSYS)")
        #expect(lines.last == "\(EAFNOSUPPORT) \(EAFNOSUPPORT) \(EPERM) \(EPERM)")
    }

    /// What a cgroup's release_agent or core_pattern names would run outside, as root.
    @Test func noFileInsideSteersTheHost() async throws {
        let lines = try await python(
            """
            print(*[call(165, b"x", b"/tmp", kind, 0, options) for kind, options in
                    [(b"cgroup", b"memory"), (b"cgroup2", 0), (b"securityfs", 0), (b"debugfs", 0), (b"binfmt_misc", 0)]],
                  call(272, 0x02000000))
            print([line for line in open("/proc/self/mountinfo") if "cgroup" in line or "executord" in line])
            print(sorted({line.split(":")[2] for line in open("/proc/self/cgroup").read().split()}))
            steers = {"release_agent", "notify_on_release", "cgroup.procs", "tasks", "devices.allow", "core_pattern",
                      "modprobe", "hotplug", "poweroff_cmd", "uevent_helper", "register", "sysrq-trigger", "usermodehelper"}
            for start in ["/proc/sys", "/proc", "/sys", "/dev", "/run"]:
                for top, directories, files in os.walk(start):
                    for name in steers.intersection(files):
                        try: os.close(os.open(top + "/" + name, os.O_WRONLY)); print(top, name)
                        except OSError: pass
            """
        )
        let refused = Array(repeating: "\(EPERM)", count: 6).joined(separator: " ")
        #expect(lines.map(String.init) == [refused, "[]", "['/']"])
    }

    @Test func thereIsNoNetworkButLoopback() async throws {
        let lines = try await python(
            """
            print(*sorted(name for _, name in socket.if_nameindex()))
            print(attempt(lambda: socket.socket(2, 2).connect(("192.0.2.1", 9))))
            server = socket.create_server(("127.0.0.1", 0))
            print(attempt(lambda: socket.create_connection(server.getsockname())))
            """
        )
        #expect(lines == ["lo", "\(ENETUNREACH)", "0"])
    }

    @Test func itWritesToItsLayerOnlyAndOnlySoMuch() async throws {
        let marker = "/usr/executord-confinement-\(getpid())"
        // The fixture's layer: 16 MB, 4096 inodes.
        let lines = try await shell(
            """
            : >\(marker) || true
            head -c 64M /dev/zero >/tmp/big 2>/dev/null; echo $(($(wc -c </tmp/big) >> 20)); rm /tmp/big
            i=0; while [ $i -lt 5000 ] && (: >/tmp/f$i) 2>/dev/null; do i=$((i + 1)); done; echo $i
            """
        )
        #expect(access(marker, F_OK) != 0, "the host has what was written inside")
        let megabytes = lines.first.flatMap { Int($0) } ?? -1
        let files = lines.last.flatMap { Int($0) } ?? -1
        #expect((1...16).contains(megabytes))
        #expect((1...4096).contains(files))
    }

    @Test func resourceLimitsHoldAndCannotBeRaised() async throws {
        let limits = [ResourceLimit(resource: 7, value: 64), ResourceLimit(resource: 4, value: 0)]
        let lines = try await shell("ulimit -Hn; ulimit -Hc; ulimit -n 65 2>/dev/null && echo raised; true", limits)
        #expect(lines == ["64", "0"])
    }

    @Test func theKernelTakesTheActionBeforePidOne() async throws {
        let lines = try await shell("cat /proc/self/oom_score_adj /proc/1/oom_score_adj")
        let scores = lines.compactMap { Int($0) }
        #expect(scores.count == 2 && scores[0] > scores[1], "\(lines)")
    }
}
