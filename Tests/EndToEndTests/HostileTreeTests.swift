import FoundationEssentials
import Glibc
import Testing
import Wire

/// What an agent leaves where the daemon collects it: nothing of it may hold up, mislead or leave the daemon.
struct HostileTreeTests {
    /// Everything that a file system lets an agent make, in the working directory and in the places of logs and artifacts.
    private static let mischief = #"""
        import os, socket
        for place in ("/app", "/logs/agent", "/logs/artifacts"):
            os.chdir(place)
            os.mkfifo("fifo")
            socket.socket(socket.AF_UNIX).bind("socket")
            for name in (b"new\nline", b"\xff\xfe invalid", b"\x1b[31mred\x1b]0;title\x07", b"-rf", b" ", b"n" * 255):
                open(name, "w").write("x")
            os.symlink("/etc/passwd", "out")
            os.symlink("../../../../../../../../etc/passwd", "up")
            os.symlink("loop", "loop")
            os.symlink("/proc/self/root/etc", "magic")
            os.link("-rf", "hard")
            with open("sparse", "w") as sparse:
                try: sparse.truncate(1 << 40)
                except OSError: sparse.truncate(1 << 30)
            open("unreadable", "w").close(); os.chmod("unreadable", 0)
            os.mkdir("locked"); open("locked/in", "w").close(); os.chmod("locked", 0)
            os.mkdir("deep"); os.chdir("deep")
            for level in range(5000): os.mkdir("d"); os.chdir("d")
        print("done")
        """#

    @Test(arguments: ["isolated", "separate"])
    func itIsCollectedWithinBoundsAndTheVerdictStands(mode: String) async throws {
        let station = try await Station.start()
        var task = MadeTask(verifier: TrialTests.answer)
        task.name = "mischief"
        task.head = #"artifacts = ["answer", "/app"]"#
        let script = "python3 - <<'END'\n\(Self.mischief)\nEND\n"
        let path = try task.write(in: station.scratch)
        let (trial, status) = try await station.replay(
            [script, "echo yes > /app/answer"],
            on: path,
            ["--verifier-mode", mode]
        )
        #expect(status == 0 && trial.verdict?.outcome == .passed, "\(trial)")
        let begun = try await station.events(of: trial.summary.trial).compactMap { event in
            if case .action(let record) = event.body, record.phase == .agent { record } else { nil }
        }
        #expect(begun.first?.stdout.head == "done\n", "\(String(describing: begun.first))")

        // Nothing that is kept is more than a file or a directory, none of it is the host's, and it is not much.
        let kept = "\(station.state)/trials/\(trial.summary.trial)"
        var bytes = 0
        for name in try FileManager.default.subpathsOfDirectory(atPath: kept) {
            var facts = stat()
            try #require(lstat(kept + "/" + name, &facts) == 0)
            #expect([S_IFREG, S_IFDIR].contains(facts.st_mode & S_IFMT), "\(name)")
            if name != "layer.tar" { bytes += Int(facts.st_size) }
            #expect(!name.contains("\u{1b}") && !name.contains("\n"))
        }
        #expect(bytes < 300 << 20)

        for command in [["show", trial.summary.trial], ["watch", trial.summary.trial], ["list"]] {
            let shown = try await station.control(command)
            #expect(
                shown.status == 0 && !shown.output.unicodeScalars.contains { $0.value < 32 && $0 != "\n" },
                "\(command)"
            )
        }
        let place = try station.scratch.makeDirectory("out")
        #expect(try await station.control(["export", trial.summary.trial, place]).status == 0)
        // Paths longer than PATH_MAX can be made and archived, but not be named when they are to be made again.
        let again = try await station.control(["verify", trial.summary.trial])
        #expect(again.status == 1 && again.errors.contains("File name too long"), "\(again)")
        #expect(again.errors.utf8.count < 1000)
    }
}
