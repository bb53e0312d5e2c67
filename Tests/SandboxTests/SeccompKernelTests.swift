import Glibc
import Testing

@testable import Sandbox

/// The filters in real sandboxes, asked from inside.
@Suite(.serialized)
struct SeccompKernelTests {
    /// A call, as a C expression, and the answer that the default profile must give it.
    struct Probe: Sendable {
        let name: String
        let expression: String
        let answer: String
        /// Without a filter the kernel answers otherwise, so the answer is the filter's.
        let filtered: Bool

        init(_ name: String, _ expression: String, _ answer: String, filtered: Bool = true) {
            self.name = name
            self.expression = expression
            self.answer = answer
            self.filtered = filtered
        }
    }

    static let probes = [
        Probe("unshare", "unshare(0)", "EPERM"),
        Probe("unshare-user", "unshare(CLONE_NEWUSER)", "EPERM", filtered: false),
        Probe("setns", "setns(-1, 0)", "EPERM"),
        Probe("clone-newuser", "syscall(SYS_clone, CLONE_NEWUSER | CLONE_FS, 0, 0, 0, 0)", "EPERM"),
        Probe("clone3", "syscall(SYS_clone3, 0, 0)", "ENOSYS"),
        Probe("fsopen", "syscall(SYS_fsopen, \"tmpfs\", 0)", "EPERM", filtered: false),
        Probe("fsconfig", "syscall(SYS_fsconfig, -1, 0, 0, 0, 0)", "EPERM"),
        Probe("open_tree", "syscall(SYS_open_tree, AT_FDCWD, \"/\", 0)", "EPERM"),
        Probe("mount", "mount(0, 0, 0, 0, 0)", "EPERM"),
        Probe("umount2", "umount2(\"/proc\", 0x1000)", "EPERM"),
        Probe("pivot_root", "syscall(SYS_pivot_root, 0, 0)", "EPERM", filtered: false),
        Probe("chroot", "chroot(\"/nonexistent\")", "EPERM"),
        Probe("ptrace", "trace_me()", "EPERM"),
        Probe("process_vm_readv", "process_vm_readv(getpid(), 0, 0, 0, 0, 0)", "EPERM"),
        Probe("kcmp", "syscall(SYS_kcmp, getpid(), getpid(), 2, 0, 0)", "EPERM", filtered: false),
        Probe("process_madvise", "syscall(SYS_process_madvise, -1, 0, 0, 0, 0)", "EPERM"),
        Probe("pidfd_getfd", "syscall(SYS_pidfd_getfd, -1, 0, 0)", "EPERM"),
        Probe("keyctl", "syscall(SYS_keyctl, 0, -3, 1)", "EPERM"),
        Probe("add_key", "syscall(SYS_add_key, 0, 0, 0, 0, 0)", "EPERM"),
        Probe("bpf", "syscall(SYS_bpf, 0, 0, 0)", "EPERM", filtered: false),
        Probe("perf_event_open", "syscall(SYS_perf_event_open, 0, 0, -1, -1, 0)", "EPERM"),
        Probe("userfaultfd", "syscall(SYS_userfaultfd, 1)", "EPERM"),
        Probe("io_uring_setup", "syscall(SYS_io_uring_setup, 4, 0)", "ENOSYS", filtered: false),
        Probe("name_to_handle_at", "syscall(SYS_name_to_handle_at, AT_FDCWD, \"/\", 0, 0, 0)", "EPERM"),
        Probe("open_by_handle_at", "syscall(SYS_open_by_handle_at, -1, 0, 0)", "EPERM", filtered: false),
        Probe("adjtimex", "syscall(SYS_adjtimex, 0)", "EPERM"),
        Probe("modify_ldt", "syscall(SYS_modify_ldt, 0, 0, 0)", "EPERM", filtered: false),
        Probe("personality-no-aslr", "personality(0x0040000)", "EPERM"),
        Probe("personality-query", "personality(0xffffffff)", "OK", filtered: false),
        Probe("sched-fifo", "syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, 0)", "EPERM"),
        Probe("sched_setattr", "syscall(SYS_sched_setattr, 0, 0, 0)", "ENOSYS"),
        Probe("tiocsti", "syscall(SYS_ioctl, -1, 0x5412, \"x\")", "EPERM"),
        Probe("tiocsti-high", "syscall(SYS_ioctl, -1, 0xdead00005412UL, \"x\")", "EPERM"),
        Probe("tioclinux-high", "syscall(SYS_ioctl, -1, 0xffffffff0000541cUL, \"x\")", "EPERM"),
        Probe("tcgets", "syscall(SYS_ioctl, -1, 0x5401, 0)", "EBADF", filtered: false),
        Probe("vsock", "socket(40, SOCK_STREAM, -1)", "EAFNOSUPPORT", filtered: false),
        Probe("alg", "socket(38, SOCK_SEQPACKET, 0)", "EAFNOSUPPORT", filtered: false),
        Probe("packet", "socket(17, SOCK_RAW, 0)", "EAFNOSUPPORT"),
        Probe("inet-raw", "socket(AF_INET, SOCK_RAW, 1)", "EPERM", filtered: false),
        Probe("inet-sctp", "socket(AF_INET, SOCK_STREAM, 132)", "EPROTONOSUPPORT", filtered: false),
        Probe("inet", "socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)", "OK", filtered: false),
        Probe("inet6-udp", "socket(AF_INET6, SOCK_DGRAM, 17)", "OK", filtered: false),
        Probe("route", "socket(AF_NETLINK, SOCK_RAW, 0)", "OK", filtered: false),
        Probe("audit", "socket(AF_NETLINK, SOCK_RAW, 9)", "EPROTONOSUPPORT", filtered: false),
        Probe("uevent", "socket(AF_NETLINK, SOCK_RAW, 15)", "EPROTONOSUPPORT"),
        Probe("prlimit-init", "syscall(SYS_prlimit64, 0xdead00000001UL, RLIMIT_CORE, 0, 0)", "EPERM"),
        Probe("prlimit-self", "syscall(SYS_prlimit64, 0, RLIMIT_CORE, 0, 0)", "OK", filtered: false),
        Probe("unknown", "syscall(999)", "ENOSYS", filtered: false),
        Probe("int80", "in_child(by_int80)", "SIGSYS"),
        Probe("x32", "in_child(by_x32)", "SIGSYS"),
    ]

    private static var program: String {
        """
        #define _GNU_SOURCE
        #include <errno.h>
        #include <fcntl.h>
        #include <sched.h>
        #include <stdio.h>
        #include <string.h>
        #include <unistd.h>
        #include <sys/mount.h>
        #include <sys/personality.h>
        #include <sys/ptrace.h>
        #include <sys/resource.h>
        #include <sys/socket.h>
        #include <sys/syscall.h>
        #include <sys/uio.h>
        #include <sys/wait.h>
        static int killer;
        static void by_int80(void) { long r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory"); }
        static void by_x32(void) { syscall(0x40000000 + SYS_getpid); }
        static int in_child(void (*call)(void)) {
            int status; pid_t child = fork();
            if (!child) { call(); _exit(0); }
            waitpid(child, &status, 0);
            if (WIFSIGNALED(status)) killer = WTERMSIG(status);
            return 0;
        }
        /* In a child: a traced process stops at its next signal, and nobody would continue this one. */
        static int trace_me(void) {
            int status; pid_t child = fork();
            if (!child) _exit(ptrace(PTRACE_TRACEME, 0, 0, 0) < 0 ? errno : 0);
            waitpid(child, &status, 0);
            errno = WEXITSTATUS(status);
            return errno ? -1 : 0;
        }
        static void report(const char *name, long result) {
            if (killer) printf("%s SIG%s\\n", name, sigabbrev_np(killer));
            else printf("%s %s\\n", name, result < 0 ? strerrorname_np(errno) : "OK");
            killer = 0;
            fflush(stdout);
        }
        int main(void) {
        \(Self.probes.map { "    report(\"\($0.name)\", \($0.expression));" }.joined(separator: "\n"))
            return 0;
        }
        """
    }

    private func action(_ fixture: KernelFixture, _ command: String, _ profile: ConfinementProfile) -> SandboxAction {
        var action = fixture.shell(command, timeout: .seconds(120))
        action.profile = profile
        action.environment["HOME"] = "/tmp"
        action.environment["LANG"] = "C.UTF-8"
        return action
    }

    private func answers(_ result: ActionResult) -> [String: String] {
        let pairs = result.text.split(separator: "\n").map { $0.split(separator: " ") }
        return Dictionary(pairs.filter { $0.count == 2 }.map { (String($0[0]), String($0[1])) }) { $1 }
    }

    @Test func refusedCallsGetTheirErrno() async throws {
        let fixture = try await KernelFixture.make()
        let source = "\(fixture.directory)/probe"
        #expect(mkdir(source, 0o755) == 0)
        let file = try #require(fopen("\(source)/probe.c", "w"))
        fputs(Self.program, file)
        fclose(file)
        let sandbox = try await fixture.sandbox { $0.mounts = [PolicyMount(.readOnly(path: source), at: "/source")] }

        let standard = try ConfinementProfile.compiled(.standard)
        let built = try await sandbox.run(action(fixture, "cc -o /tmp/probe /source/probe.c", standard))
        #expect(built.end == .exited(code: 0), "the compiler under the default profile: \(built.errorText)")

        let refused = try await sandbox.run(action(fixture, "/tmp/probe", standard))
        #expect(refused.end == .exited(code: 0), "\(refused.errorText)")
        let filtered = answers(refused)
        let unfiltered = answers(try await sandbox.run(action(fixture, "/tmp/probe", KernelFixture.open)))
        #expect(filtered.count == Self.probes.count)
        for probe in Self.probes {
            #expect(filtered[probe.name] == probe.answer, "\(probe.name)")
            guard probe.filtered else { continue }
            #expect(unfiltered[probe.name] != nil && unfiltered[probe.name] != probe.answer, "\(probe.name)")
        }

        let root = answers(
            try await sandbox.run(action(fixture, "/tmp/probe", try ConfinementProfile.compiled(.root)))
        )
        let debug = answers(
            try await sandbox.run(action(fixture, "/tmp/probe", try ConfinementProfile.compiled(.debug)))
        )
        let differences = Self.probes.map(\.name)
        #expect(differences.filter { root[$0] != filtered[$0] } == ["chroot"])
        #expect(root["chroot"] == "ENOENT")
        #expect(Set(differences.filter { debug[$0] != filtered[$0] }) == ["ptrace", "process_vm_readv"])
        #expect(debug["ptrace"] == "OK")
        await sandbox.destroy()
    }

    /// All system calls of a 32-bit program are those of another ABI.
    @Test func aProgramOf32BitsDiesAtItsFirstCall() async throws {
        let fixture = try await KernelFixture.make()
        let sandbox = try await fixture.sandbox()
        let build = """
            cd /tmp && printf '.globl _start\n_start: movl $1, %%eax\nmovl $7, %%ebx\nint $0x80\n' >p.s &&
            as --32 -o p.o p.s && ld -m elf_i386 -o p p.o
            """
        #expect(try await sandbox.run(action(fixture, build, KernelFixture.open)).end == .exited(code: 0))
        let open = try await sandbox.run(action(fixture, "exec /tmp/p", KernelFixture.open)).end
        let filtered = try await sandbox.run(action(fixture, "exec /tmp/p", try .compiled(.standard))).end
        // A kernel without the ABI does not execute it at all.
        let expected = open == .exited(code: 7) ? .signaled(signal: Int(SIGSYS)) : open
        #expect(filtered == expected)
        await sandbox.destroy()
    }

    /// Programs that are not on this machine are left out; the first rows are on every one.
    static let ordinaryPrograms: [(profile: SeccompProfile, program: String, command: String)] = [
        (.standard, "sh", "echo a | tr a b | grep -q b && test \"$(ls -d /usr)\" = /usr && sleep 0.01 & wait $!"),
        (.standard, "tar", "cd /tmp && mkdir t && echo x >t/f && tar -czf t.tgz t && tar -tzf t.tgz | grep -q t/f"),
        (
            .standard, "perl",
            "perl -e 'use Socket; socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die; fork // die'"
        ),
        (.standard, "python3", "python3 -c '\(pythonProgram)'"),
        (
            .standard, "git",
            """
            cd /tmp && git init -q r && cd r && echo x >f && git add f && \
            git -c user.name=n -c user.email=e@e commit -qm m && git log --oneline | grep -q m
            """
        ),
        (
            .standard, "g++",
            "cd /tmp && echo 'int main(){try{throw 1;}catch(int){}}' >h.cc && g++ h.cc -o h -pthread && ./h"
        ),
        (.standard, "make", "cd /tmp && printf 'a b:\\n\\ttouch $@\\n' >Makefile && make -j2 a b"),
        (
            .standard, "node",
            "node -e 'require(\"fs\").readFile(\"/etc/passwd\",()=>require(\"child_process\").execSync(\"true\"))'"
        ),
        (.standard, "java", "java -version"),
        (
            .standard, "sqlite3",
            "sqlite3 /tmp/s.db 'pragma journal_mode=wal; create table t(a); insert into t values(1)'"
        ),
        (.standard, "openssl", "openssl rand -hex 8 | openssl dgst -sha256"),
        (.standard, "ssh-keygen", "ssh-keygen -q -t ed25519 -N '' -f /tmp/key"),
        (.root, "dpkg-deb", dpkgScript),
        (.debug, "strace", "strace -f -o /tmp/trace sh -c 'true | true' && grep -q execve /tmp/trace"),
        (.debug, "gdb", "gdb -q -batch -ex 'break main' -ex run -ex bt /tmp/h 2>&1 | grep -q '#0 .* main'"),
    ]

    /// A package with files of several owners is built and unpacked.
    private static let dpkgScript = """
        mkdir -p /tmp/p/DEBIAN /tmp/p/opt/x && echo x >/tmp/p/opt/x/f && chown 1:1 /tmp/p/opt/x/f && \
        printf 'Package: x\\nVersion: 1\\nArchitecture: all\\nMaintainer: n\\nDescription: x\\n' >/tmp/p/DEBIAN/control && \
        dpkg-deb -b /tmp/p /tmp/x.deb >/dev/null && dpkg-deb -x /tmp/x.deb / && test "$(stat -c %u /opt/x/f)" = 1
        """

    private static let pythonProgram = """
        import asyncio, multiprocessing, sqlite3, subprocess, tempfile, threading
        assert subprocess.run(["true"], check=True).returncode == 0
        t = threading.Thread(target=lambda: None); t.start(); t.join()
        with multiprocessing.Pool(2) as p: assert p.map(abs, [-1, -2]) == [1, 2]
        d = sqlite3.connect(tempfile.mkdtemp() + "/d"); d.execute("pragma journal_mode=wal"); d.execute("create table t(a)")
        async def f(): return await (await asyncio.create_subprocess_exec("true")).wait()
        assert asyncio.run(f()) == 0
        """

    @Test func ordinaryProgramsRunUnderTheirProfile() async throws {
        let fixture = try await KernelFixture.make()
        let sandbox = try await fixture.sandbox()
        var ran: [String] = []
        for (profile, program, command) in Self.ordinaryPrograms {
            let found = try await sandbox.run(action(fixture, "command -v \(program)", KernelFixture.open))
            guard found.end == .exited(code: 0) else { continue }
            let result = try await sandbox.run(action(fixture, command, try ConfinementProfile.compiled(profile)))
            #expect(result.end == .exited(code: 0), "\(program): \(result.text) \(result.errorText)")
            ran.append(program)
        }
        #expect(ran.starts(with: ["sh", "tar", "perl"]))
        print("ran under a filter:", ran.joined(separator: " "))
        await sandbox.destroy()
    }
}
