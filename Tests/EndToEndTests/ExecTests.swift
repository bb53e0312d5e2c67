import FoundationEssentials
import Glibc
import Testing

/// `executorctl exec`: one command in a fresh sandbox, by a daemon that starts and ends by itself.
@Suite(.serialized)
struct ExecTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
    }

    private func exec(_ arguments: [String], input: String = "") async throws -> Outcome {
        try await Program.start(
            Built.executorctl,
            ["exec"] + arguments,
            environment: ["EXECUTORD_STATE": scratch.path + "/state", "SECRET": "hunter2"],
            input: input
        ).end()
    }

    @Test func passesStatusAndStreams() async throws {
        let outcome = try await exec(["--", "sh", "-c", "cat; echo error >&2; exit 7"], input: "in\n")
        #expect(outcome.status == 7)
        #expect(outcome.output == "in\n")
        #expect(outcome.errors == "error\n")
    }

    @Test func tellsItsOwnFailuresApart() async throws {
        #expect(try await exec(["--", "no-such-program"]).status == 127)
        #expect(try await exec(["--", "/etc/passwd"]).status == 126)
        #expect(try await exec(["--limits", "time=banana", "--", "true"]).status == 125)
        #expect(try await exec(["--work", scratch.path + "/missing", "--", "true"]).status == 125)
        #expect(try await exec(["--", "sh", "-c", "kill -9 $$"]).status == 137)
    }

    @Test func whatWasRefusedIsSaidWhereTheCommandFailed() async throws {
        let failed = try await exec(["--", "sh", "-c", "unshare -m true 2>/dev/null"])
        #expect(failed.status == 1 && failed.errors == "executorctl: refused: unshare (EPERM)\n")
        let well = try await exec(["--", "sh", "-c", "unshare -m true 2>/dev/null; true"])
        #expect(well.status == 0 && well.errors == "")
    }

    @Test func limitsEndTheCommand() async throws {
        let late = try await exec(["--limits", "time=500ms", "--", "sleep", "60"])
        #expect(late.status == 124)
        #expect(late.errors.contains("executorctl:"))
        let busy = try await exec(["--limits", "cpu=500ms,time=30s", "--", "sh", "-c", "while :; do :; done"])
        #expect(busy.status == 124)
        let large = try await exec(["--limits", "memory=64M", "--", "python3", "-c", "x = bytearray(300 << 20)"])
        #expect(large.status == 137)
        let full = try await exec(["--limits", "disk=8M", "--", "sh", "-c", "head -c 64M /dev/zero > /tmp/x"])
        #expect(full.status == 1 && full.errors.contains("No space left"))
        #expect(full.errors.contains("executorctl: limit met: 8.0 MiB of disk\n"))
        let many = try await exec([
            "--limits", "pids=8", "--", "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1 & done; wait",
        ])
        #expect(many.status != 0 && many.errors.contains("fork"))
    }

    @Test func seesNothingOfTheCaller() async throws {
        let outcome = try await exec(["--", "sh", "-c", "env; ls /work \(scratch.path) 2>&1; cat /proc/1/environ"])
        #expect(!outcome.output.contains("hunter2"))
        #expect(outcome.output.contains("No such file"))
        let given = try await exec(["-e", "SECRET", "-e", "A=b c", "--", "sh", "-c", "echo \"$SECRET $A\""])
        #expect(given.output == "hunter2 b c\n")
        let file = try scratch.write("data/list", "one\n")
        let seen = try await exec([
            "--ro", "\(scratch.path)/data:/data", "--", "sh", "-c", "cat /data/list; : > /data/list",
        ])
        #expect(seen.output == "one\n")
        #expect(seen.status != 0)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "one\n")
    }

    private static let change = "echo new > made; echo more >> kept; rm gone; mkdir -p d; ln -s kept link"

    @Test func workIsUntouchedUntilItIsAskedFor() async throws {
        for (name, text) in [("kept", "kept\n"), ("gone", "gone\n")] { try scratch.write("work/" + name, text) }
        let work = scratch.path + "/work"
        func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: work).sorted() }

        #expect(try await exec(["--work", work, "--", "sh", "-c", Self.change]).status == 0)
        #expect(try names() == ["gone", "kept"])
        #expect(scratch.read("work/kept") == "kept\n")

        let shown = try await exec(["--work", work, "--diff", "--", "sh", "-c", Self.change])
        #expect(shown.status == 0)
        for word in ["made", "kept", "gone", "+more"] { #expect(shown.output.contains(word), "\(shown.output)") }
        #expect(try names() == ["gone", "kept"])

        let failed = try await exec(["--work", work, "--apply", "--", "sh", "-c", Self.change + "; exit 3"])
        #expect(failed.status == 3)
        #expect(try names() == ["gone", "kept"])

        let applied = try await exec(["--work", work, "--apply", "--", "sh", "-c", Self.change])
        #expect(applied.status == 0, "\(applied.errors)")
        #expect(try names() == ["d", "kept", "link", "made"])
        #expect(scratch.read("work/kept") == "kept\nmore\n")
        var status = stat()
        #expect(lstat(work + "/made", &status) == 0 && status.st_uid == geteuid())
    }

    @Test func leavesNothingBehind() async throws {
        let mark = "exec-\(UInt64.random(in: 0 ... .max))"
        #expect(try await exec(["--", "sh", "-c", "(setsid sh -c 'sleep 600; : \(mark)' &); exit 0"]).status == 0)
        #expect(Traces.processes([mark]) == [])
        // The daemon that did it goes by itself, when nobody has asked it for a while.
        let state = scratch.path + "/state"
        #expect(try await eventually { Traces.of([state], state: state).isEmpty })
    }
}
