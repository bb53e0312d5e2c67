import FoundationEssentials
import Glibc
import Testing
import Wire

/// Images in the store, from import to removal, and tasks that run on them.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ImageTests {
    private let station: Station
    private let fixture: ImageFixture

    init() async throws {
        station = try await Station.start()
        fixture = ImageFixture(scratch: station.scratch)
    }

    private static let task = MadeTask(
        name: "image",
        verifier: "#!/bin/sh\n[ -e /app/answer ] && echo 1 > /logs/verifier/reward.txt\n",
        image: "docker_image = \"docker.io/library/small:1\""
    )

    /// What commands print, as the trial's outputs say.
    private func output(of commands: [String], on task: String, _ options: [String] = []) async throws -> [String] {
        let (trial, _) = try await station.replay(commands, on: task, options)
        return try await station.actionOutputs(of: trial)
    }

    /// The error of an import that must fail; nothing of it is left.
    private func refusal(_ file: String, _ name: String = "bad:1") async throws -> String {
        let outcome = try await station.control(["image", "import", station.scratch.path + "/" + file, name])
        #expect(outcome.status == 1, "\(file)")
        let store = station.state + "/images/store"
        #expect(try FileManager.default.contentsOfDirectory(atPath: store + "/trees").isEmpty, "\(file)")
        #expect(try !FileManager.default.contentsOfDirectory(atPath: store).contains { $0.hasPrefix("incoming") })
        return outcome.errors
    }

    @Test func packagesInstallInAnImportedDirectory() async throws {
        let root = try await fixture.smallRoot()
        let result = try await station.imported([root, "small:1"])
        #expect(result.image.names == ["small:1"] && result.image.layers == 1 && result.image.bytes > 1 << 20)
        #expect(result.skipped == 0 && result.strangers == 0)
        // The same again is the same image.
        #expect(try await station.imported([root, "small:again"]).image.id == result.image.id)

        let task = try Self.task.write(in: station.scratch)
        try await fixture.writePackage(to: task + "/environment/greeting.deb")
        let (trial, _) = try await station.replay(
            [
                "stat -c '%n %u %g %a' / /tmp /root /var/service /var/service/file /usr/bin/env /usr/lib/second-name",
                "dpkg -i /app/greeting.deb && greet && stat -c '%n %u %g' /var/greeting/file /var/greeting/state",
                "dpkg -r greeting && test ! -e /usr/bin/greet && echo gone > /app/answer",
            ],
            on: task
        )
        let outputs = try await station.actionOutputs(of: trial)
        #expect(
            outputs.first == """
                / 0 0 755
                /tmp 0 0 1777
                /root 0 0 700
                /var/service 33 33 755
                /var/service/file 33 33 640
                /usr/bin/env 0 0 4755
                /usr/lib/second-name 0 0 644

                """
        )
        #expect(
            outputs.dropFirst().first?.contains(
                "hello from a package\n/var/greeting/file 33 33\n/var/greeting/state 33 33\n"
            ) == true,
            "\(outputs)"
        )
        #expect(trial.summary.outcome == .passed, "\(outputs)")
    }

    @Test func filesThatTheImageHasInThePlacesOfLogsAreKept() async throws {
        let root = try await fixture.smallRoot()
        try await fixture.shell(
            "cd \"$1\"; mkdir -p logs/agent logs/artifacts; echo log > logs/agent/l; echo a > logs/artifacts/a",
            root
        )
        _ = try await station.imported([root, "small:1"])
        let trial = try await station.run(Self.task.write(in: station.scratch), ["--agent", "nop"]).trial.summary.trial
        let files = station.state + "/trials/\(trial)"
        for (path, text) in [("agent/l", "log\n"), ("artifacts/logs/artifacts/a", "a\n")] {
            #expect(FileManager.default.contents(atPath: "\(files)/\(path)") == Data(text.utf8), "\(path)")
        }
    }

    @Test func whatIsInUseStays() async throws {
        let root = try await fixture.smallRoot()
        _ = try await station.imported([root, "small:1"])
        let task = try Self.task.write(in: station.scratch)
        let waiting = try await station.begin(["run", task, "--", "sleep", "60"])
        defer { waiting.kill(SIGINT) }
        let isUsed = try await eventually(.seconds(30)) {
            try await station.json(ImageList.Result.self, ["image", "list"]).value.images.first?.usedBy.count == 1
        }
        #expect(isUsed)
        let refused = try await station.control(["image", "remove", "small:1"])
        #expect(refused.status == 1 && refused.errors.contains("in use by"), "\(refused.errors)")
        waiting.kill(SIGINT)
        _ = try await waiting.end()
        let isGone = try await eventually(.seconds(30)) {
            try await station.control(["image", "remove", "small:1"]).status == 0
        }
        #expect(isGone)
        #expect(try FileManager.default.contentsOfDirectory(atPath: station.state + "/images/store/trees").isEmpty)
        let after = try await station.control(["run", task])
        #expect(after.status == 1 && after.errors.contains("executorctl image import"), "\(after.errors)")
    }

    @Test func hostileArchivesLeaveNothing() async throws {
        try await fixture.python(
            """
            archive('outside.tar', [('a', b'1'), ('../../../../escaped', b'2')])
            archive('absolute.tar', [('a', b'1'), ('/tmp/executord-escaped', b'2')])
            archive('link.tar', [('way', ('/tmp',)), ('way/executord-escaped', b'2')])
            archive('up.tar', [('d/way', ('../..',)), ('d/way/executord-escaped', b'2')])
            hard = layer([('a', '1'), ('b', {'type': tarfile.LNKTYPE, 'linkname': '../../../../etc/passwd'})])
            open(OUT + '/hard.tar', 'wb').write(hard)
            whole = layer([('a', '1' * 5000), ('b', '2' * 5000)])
            open(OUT + '/cut.tar', 'wb').write(whole[:6000])
            # Between two files: only the end mark is missing.
            open(OUT + '/between.tar', 'wb').write(whole[:512 + 5120])
            open(OUT + '/noise.tar', 'wb').write(b'no archive' * 1000)
            open(OUT + '/empty.tar', 'wb').write(b'')
            docker_save('foreign.tar', [layer([('a', '1')])], ['bad:1'], arch='riscv')
            docker_save('two.tar', [layer([('a', '1')])], ['bad:1'])
            def spoil(blobs):
                key = [d for d, b in blobs.items() if b[:2] == bytes([0x1f, 0x8b])][0]
                blobs[key] = gzip.compress(layer([('evil', '1')]))
            oci('spoilt.tar', [layer([('a', '1')])], 'bad:1', change=spoil)
            c = configuration([layer([('a', '1')])])
            archive('lying.tar', [(digest(c) + '.json', c), ('x/layer.tar', layer([('evil', '1')])), ('manifest.json',
                json.dumps([{'Config': digest(c) + '.json', 'RepoTags': None, 'Layers': ['x/layer.tar']}]).encode())])
            docker_save('nameless.tar', [layer([('a', '1')])], None)
            """
        )
        for (file, word) in [
            ("outside.tar", "'..'"), ("absolute.tar", "absolute"), ("link.tar", "way/executord-escaped"),
            ("up.tar", "d/way/executord-escaped"), ("hard.tar", "'..'"), ("cut.tar", "Truncated"),
            ("between.tar", "cut"),
            ("noise.tar", "no tar archive"), ("empty.tar", "no tar archive"), ("foreign.tar", "linux/riscv"),
            ("spoilt.tar", "digest"), ("lying.tar", "digest"),
        ] {
            let error = try await refusal(file)
            #expect(error.contains(word), "\(file): \(error)")
        }
        #expect(access("/tmp/executord-escaped", F_OK) != 0)
        let nameless = try await station.control(["image", "import", station.scratch.path + "/nameless.tar"])
        #expect(nameless.status == 1 && nameless.errors.contains("remedy"), "\(nameless.errors)")
        let odd = try await station.control(["image", "import", station.scratch.path + "/two.tar", "Bad Name"])
        #expect(odd.status == 1 && odd.errors.contains("no name for an image"), "\(odd.errors)")
        #expect(try await station.json(ImageList.Result.self, ["image", "list"]).value.images.isEmpty)
    }

    @Test func devicesAreLeftOutAndSaid() async throws {
        try await fixture.python(
            """
            tar = layer([('bin', None), ('dev/null', {'type': tarfile.CHRTYPE, 'devmajor': 1, 'devminor': 3}),
                ('dev/sda', {'type': tarfile.BLKTYPE, 'devmajor': 8}), ('run/fifo', {'type': tarfile.FIFOTYPE}), ('etc/x', '1')])
            open(OUT + '/devices.tar.gz', 'wb').write(gzip.compress(tar))
            """
        )
        let outcome = try await station.control(["image", "import", station.scratch.path + "/devices.tar.gz", "d"])
        #expect(outcome.status == 0 && outcome.output.contains("left out: 3 devices"), "\(outcome)")
        #expect(outcome.output.contains("d:latest"))
    }

    @Test func layersTakeAwayWhatIsBelow() async throws {
        try await fixture.python(
            """
            base = layer([('etc', None), ('etc/one', '1'), ('etc/two', '2'), ('dir', None), ('dir/old', 'o'), ('dir/sub', None),
                ('dir/sub/deep', 'd'), ('file', 'f'), ('kept', 'k'), ('tree', None), ('tree/x', 'x')])
            second = layer([('etc/.wh.one', ''), ('dir/new', 'n'), ('dir/sub/fresh', 'y'), ('dir/.wh..wh..opq', ''),
                ('file', None), ('file/inside', 'i'), ('.wh.tree', ''), ('etc/two', {'data': 'changed', 'uid': 33, 'gid': 33, 'mode': 0o600})])
            third = layer([('.wh.file', ''), ('tree', 'now a file')])
            docker_save('base.tar', [base], ['team/base:1'])
            docker_save('app.tar.gz', [base, second], ['team/app:2', 'team/app:latest'], pack=gzip.compress,
                Env=['PATH=/opt/bin:/usr/bin', 'GREETING=a=b'], WorkingDir='/opt/app', User='33:33')
            oci('third.tar', [base, second, third], 'registry.example:5000/team/third:3')
            """
        )
        let path = station.scratch.path
        _ = try await station.imported([path + "/base.tar"])
        let app = try await station.imported([path + "/app.tar.gz"]).image
        #expect(app.names == ["team/app:2"] && app.layers == 2)
        let third = try await station.imported([path + "/third.tar"]).image
        #expect(third.names == ["registry.example:5000/team/third:3"])

        let shown = try await station.json(ImageShow.Result.self, ["image", "show", "team/app:2"]).value
        #expect(shown.environment == ["PATH": "/opt/bin:/usr/bin", "GREETING": "a=b"])
        #expect(shown.workingDirectory == "/opt/app" && shown.user == "33:33")
        let short = String(app.id.dropFirst("sha256:".count).prefix(8))
        #expect(try await station.json(ImageShow.Result.self, ["image", "show", short]).value.image.id == app.id)

        // Trees by what only they have.
        let trees = station.state + "/images/store/trees"
        func tree(with file: String, without other: String) throws -> String {
            try #require(
                try FileManager.default.contentsOfDirectory(atPath: trees).map { trees + "/" + $0 }.first {
                    access("\($0)/\(file)", F_OK) == 0 && access("\($0)/\(other)", F_OK) != 0
                }
            )
        }
        let (below, above) = (try tree(with: "etc/one", without: "none"), try tree(with: "dir/new", without: "tree"))
        for gone in ["etc/one", "dir/old", "dir/sub/deep", "tree", "dir/.wh..wh..opq", ".wh.tree"] {
            #expect(access("\(above)/\(gone)", F_OK) != 0, "\(gone)")
        }
        for there in ["dir/new", "dir/sub/fresh", "file/inside", "kept"] {
            #expect(access("\(above)/\(there)", F_OK) == 0, "\(there)")
        }
        let top = try tree(with: "dir/new", without: "file")
        #expect(try String(contentsOfFile: top + "/tree", encoding: .utf8) == "now a file")
        // What a layer does not touch is there once; what it changes is changed in its own tree alone.
        var (one, other, changed) = (stat(), stat(), stat())
        #expect(stat(below + "/kept", &one) == 0 && stat(above + "/kept", &other) == 0 && one.st_ino == other.st_ino)
        #expect(try String(contentsOfFile: below + "/etc/two", encoding: .utf8) == "2")
        #expect(stat(above + "/etc/two", &changed) == 0 && changed.st_mode & 0o7777 == 0o600)

        // Trees go with the last image that has them.
        _ = try await station.control(["image", "remove", "team/base:1"])
        #expect(access(below, F_OK) == 0)
        for name in ["team/app:2", "registry.example:5000/team/third:3"] {
            #expect(try await station.control(["image", "remove", name]).status == 0)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: trees).isEmpty)
    }

    @Test func anImagesSettingsCountForItsTasks() async throws {
        let root = try await fixture.smallRoot()
        try await fixture.shell("tar -C \"$1\" -cf \"$1.tar\" .", root)
        try await fixture.python(
            """
            docker_save('small.tar', [open(OUT + '/root.tar', 'rb').read()], ['small:1'],
                Env=['PATH=/usr/bin', 'WHO=image', 'SAME=image'], WorkingDir='/var/service', User='service')
            """
        )
        _ = try await station.imported([station.scratch.path + "/small.tar"])
        var task = Self.task
        task.extra = "[environment.env]\nSAME = \"task\""
        task.verifier = """
            #!/bin/sh
            [ "$PATH $WHO $SAME $HOME" = "/usr/bin image task /root" ] && echo 1 > /logs/verifier/reward.txt
            """
        let path = try task.write(in: station.scratch)
        let text = try String(contentsOfFile: path + "/task.toml", encoding: .utf8)
        try Data(text.replacing("workdir = \"/app\"\n", with: "").utf8).write(to: URL(filePath: path + "/task.toml"))
        let (trial, status) = try await station.replay(["echo $PATH $WHO $SAME $(pwd) $(id -u)"], on: path)
        #expect(try await station.actionOutputs(of: trial).first == "/usr/bin image task /var/service 33\n")
        #expect(status == 0, "the verifier has another environment: \(trial.verdict?.message ?? "")")
    }

    @Test func aDaemonThatDiesInTheMiddleLeavesNothing() async throws {
        // A pipe that nobody ends: the import is in the middle of a file.
        let root = try await fixture.smallRoot()
        try await fixture.shell(
            "tar -C \"$1\" -cf \"$1.tar\" . && mkfifo \"$1.fifo\"",
            root
        )
        let feeder = try await Program.start("/bin/sh", ["-c", "head -c 2000000 \(root).tar > \(root).fifo; sleep 60"])
        defer { feeder.kill() }
        let importing = try await station.begin(["image", "import", root + ".fifo", "half:1"])
        let trees = station.state + "/images/store/trees"
        let hasBegun = try await eventually(.seconds(30)) {
            try !FileManager.default.contentsOfDirectory(atPath: trees).isEmpty
        }
        #expect(hasBegun)
        try await station.kill()
        #expect(try await importing.end().status != 0)
        let next = try await Station.start(state: station.state)
        #expect(try FileManager.default.contentsOfDirectory(atPath: trees).isEmpty)
        #expect(try await next.json(ImageList.Result.self, ["image", "list"]).value.images.isEmpty)
    }
}
