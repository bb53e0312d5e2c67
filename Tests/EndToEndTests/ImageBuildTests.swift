import FoundationEssentials
import Glibc
import Testing
import Wire

/// Images that are built from Dockerfiles: what instructions do, when they are built, and how long they stay.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct ImageBuildTests {
    private let station: Station
    private let fixture: ImageFixture

    init() async throws {
        station = try await Station.start()
        fixture = ImageFixture(scratch: station.scratch)
    }

    private static let task = MadeTask(
        name: "image",
        verifier: "#!/bin/sh\n[ -e /app/answer ] && echo 1 > /logs/verifier/reward.txt\n",
        image: ""
    )

    /// A task with a Dockerfile and files beside it, and no image.
    private func dockerTask(_ dockerfile: String) throws -> String {
        var task = Self.task
        task.dockerfile = dockerfile
        let path = try task.write(in: station.scratch)
        let name = String(path.dropFirst(station.scratch.path.count + 1)) + "/environment"
        try station.scratch.write(
            name + "/data/run.sh",
            "#!/bin/sh\necho ran as $(id -u) with $GREETING\n",
            mode: 0o755
        )
        try station.scratch.write(name + "/data/deep/list.txt", "list\n")
        return path
    }

    @Test func aDockerfileIsBuiltWhenItsTaskRuns() async throws {
        _ = try await station.imported([try await fixture.smallRoot(), "small:1"])
        let task = try dockerTask(
            """
            # A comment.
            FROM docker.io/library/small:1 AS only
            ARG WHO=world
            ENV GREETING="hello $WHO" PATH=/opt/bin:$PATH
            WORKDIR /opt/app
            COPY . .
            COPY --chown=33:33 --chmod=0750 data/run.sh /opt/bin/run
            COPY data/*.sh data/deep /etc/many/
            RUN mkdir /var/made && echo "$GREETING $WHO" > /var/made/file \\
                # in the middle
                && rm -rf /var/service && mkdir /var/service && touch /var/service/new && rm /usr/lib/second-name
            RUN ["/usr/bin/touch", "/exec form"]
            RUN <<EOF
            echo here > /document
            dpkg -i /opt/app/greeting.deb
            EOF
            USER service:service
            CMD ["never"]
            """
        )
        try await fixture.writePackage(to: task + "/environment/greeting.deb")
        let (trial, _) = try await station.replay(
            [
                "run; greet; pwd; cat /var/made/file /document",
                "ls /var/service /etc/many /opt/app; test ! -e /usr/lib/second-name && test -e '/exec form'",
                "stat -c '%n %u %g %a' /opt/bin/run /opt/app/data/run.sh /var/greeting/state /usr/bin/env /tmp",
            ],
            on: task
        )
        let outputs = try await station.actionOutputs(of: trial)
        #expect(
            outputs.first == """
                ran as 33 with hello world
                hello from a package
                /app
                hello world world
                here

                """
        )
        let list = try #require(outputs.dropFirst().first)
        #expect(list.contains("/var/service:\nnew\n") && list.contains("/etc/many:\nlist.txt\nrun.sh\n"), "\(list)")
        #expect(list.contains("Dockerfile\ndata\ngreeting.deb\n"), "\(list)")
        #expect(
            outputs.dropFirst(2).first == """
                /opt/bin/run 33 33 750
                /opt/app/data/run.sh 0 0 755
                /var/greeting/state 33 33 644
                /usr/bin/env 0 0 4755
                /tmp 0 0 1777

                """
        )
        // It is there now: nothing is built again.
        let images = try await station.json(ImageList.Result.self, ["image", "list"]).value.images
        #expect(images.map(\.layers).sorted() == [1, 2])
        let again = try await station.control(["run", task, "--agent", "nop"])
        #expect(!again.errors.contains("building"), "\(again.errors)")
        // The image of a base that is gone stays whole.
        #expect(try await station.control(["image", "remove", "small:1"]).status == 0)
        let (other, _) = try await station.replay(["run"], on: task)
        #expect(try await station.actionOutputs(of: other).first == "ran as 33 with hello world\n")
    }

    @Test func stagesArchivesAndNamesInTheImageCount() async throws {
        _ = try await station.imported([try await fixture.smallRoot(), "small:1"])
        try await fixture.python(
            "docker_save('tools.tar', [layer([('opt', None), ('opt/tool', 'a tool'), ('opt/second', 'another')])], ['tools:1'])"
        )
        _ = try await station.imported([station.scratch.path + "/tools.tar"])
        let task = try dockerTask(
            """
            FROM small:1 AS build
            ENV STAGE=build
            WORKDIR /build
            COPY data ./data
            RUN mkdir -p out/deep && echo made in $STAGE > out/deep/file && ln -s deep/file out/link && chmod 0700 out/deep \
                && chown -R 33:33 out && touch /only-in-build
            FROM missing:1 AS unused
            RUN false
            FROM build AS more
            RUN test -e /only-in-build && echo $STAGE > /build/out/more
            FROM small:1
            COPY --from=build /build/out /opt/out
            COPY --from=more --chown=service /build/out/mor? /opt/
            COPY --from=0 /build/out/link /opt/followed
            COPY --from=tools:1 /opt/* /usr/bin/
            ADD data.tar.gz /var/unpacked/
            ADD --chown=service:root data/run.sh /bin/run
            RUN ln -s /var/service /short && ln -s loop /loop
            COPY data/deep /short/deep
            """
        )
        try await fixture.shell(
            """
            cd "$1/environment"; printf 'data/ignored\n' > .dockerignore; echo 1 > data/ignored
            tar --owner=33 --group=33 -czf data.tar.gz data/deep
            """,
            task
        )
        let (trial, _) = try await station.replay(
            [
                "cat /opt/out/link /opt/more /opt/followed /usr/bin/tool; echo; cat /var/unpacked/data/deep/list.txt; test ! -e /build || echo left",
                "stat -c '%n %u %g %a' /opt/out/deep /opt/out/link /opt/more /opt/followed /bin/run /var/unpacked/data/deep "
                    + "/var/service/deep/list.txt; readlink /opt/out/link; echo [$STAGE]; test ! -e /only-in-build && pwd",
            ],
            on: task
        )
        let outputs = try await station.actionOutputs(of: trial)
        #expect(
            outputs.first == """
                made in build
                build
                made in build
                a tool
                list

                """
        )
        #expect(
            outputs.dropFirst().first == """
                /opt/out/deep 0 0 700
                /opt/out/link 0 0 777
                /opt/more 33 33 644
                /opt/followed 0 0 644
                /bin/run 33 0 755
                /var/unpacked/data/deep 33 33 755
                /var/service/deep/list.txt 0 0 644
                deep/file
                []
                /app

                """
        )
        // Earlier stages leave nothing behind.
        let images = try await station.json(ImageList.Result.self, ["image", "list"]).value.images
        #expect(images.count == 3 && images.allSatisfy { !$0.names.isEmpty && $0.usedBy.isEmpty })
        #expect(try FileManager.default.contentsOfDirectory(atPath: station.state + "/images/store/trees").count == 3)
    }

    @Test func aBuildThatFailsLeavesNothing() async throws {
        _ = try await station.imported([try await fixture.smallRoot(), "small:1"])
        for (dockerfile, place, why) in [
            ("FROM small:1\nRUN echo last words; false\n", "Dockerfile:2", "last words"),
            ("FROM small:1\nFROM small:1 again\n", "Dockerfile:2", "AS name"),
            (
                "FROM small:1 AS one\nRUN touch /x\nFROM small:1\nCOPY --from=one /missing /x\n", "Dockerfile:4",
                "missing"
            ),
            ("FROM small:1\nCOPY --from=none:1 /x /x\n", "none:1", "image import"),
            ("FROM small:1\nCOPY --chown=nobody-here data /x\n", "Dockerfile:2", "nobody-here"),
            ("FROM small:1\nADD evil.tar /x/\n", "Dockerfile:2", ".."),
            ("FROM small:1\nADD linked.tar /x/\n", "Dockerfile:2", "way"),
            ("FROM small:1\nCOPY missing /x\n", "Dockerfile:2", "missing"),
            ("FROM small:1\n\nCOPY ../x /x\n", "Dockerfile:3", "'..'"),
            ("FROM small:1\nRUNS x\n", "Dockerfile:2", "RUNS"),
            ("FROM missing:1\nRUN true\n", "missing:1", "image import"),
            ("FROM debian:bookworm\nRUN true\n", "debian:bookworm", "image import"),
            ("FROM small:1\nRUN kill -9 $$\n", "Dockerfile:2", "signal 9"),
            ("FROM small:1\nRUN sleep 100\n", "Dockerfile:2", "wallClock"),
            // Holes would be filled.
            ("FROM small:1\nRUN truncate -s 20G /big\n", "big", "17179869184 bytes"),
        ] {
            let task = try dockerTask(dockerfile)
            try await fixture.shell(
                """
                cd "$1/environment"; ln -s /tmp way; tar -cf linked.tar way; rm way; mkdir way; echo 1 > way/escaped
                tar -rf linked.tar way/escaped; tar -cPf evil.tar ../task.toml
                """,
                task
            )
            let settings = try String(contentsOfFile: task + "/task.toml", encoding: .utf8)
            try Data(settings.replacing("workdir", with: "build_timeout_sec = 3\nworkdir").utf8)
                .write(to: URL(filePath: task + "/task.toml"))
            let outcome = try await station.control(["image", "build", task])
            #expect(outcome.status == 1 && outcome.errors.contains(place) && outcome.errors.contains(why), "\(outcome)")
        }
        #expect(try await station.json(ImageList.Result.self, ["image", "list"]).value.images.count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: station.state + "/images/store/trees").count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: station.state + "/scratch").isEmpty)
    }

    // MARK: On demand

    /// A station with a base, and tasks that share an environment.
    private func builtTask(_ name: String, verifier: String = "#!/bin/sh\n/check\n") throws -> String {
        var task = Self.task
        (task.name, task.verifier) = (name, verifier)
        task.dockerfile = """
            FROM small:1
            RUN printf '#!/bin/sh\\necho 1 > /logs/verifier/reward.txt\\n' > /check && chmod +x /check
            """
        return try task.write(in: station.scratch)
    }

    @Test func aJobBuildsWhatItsTasksShareOnce() async throws {
        _ = try await station.imported([try await fixture.smallRoot(), "small:1"])
        let tasks = [try builtTask("one"), try builtTask("two")]
        let run = try await station.control(["job", "run"] + tasks + ["--agent", "nop", "-k", "2", "--name", "j"])
        #expect(run.status == 0, "\(run)")
        #expect(run.errors.ranges(of: ": 1/1 ").count == 1, "one of them was built: \(run.errors)")
        #expect(try await station.json(ImageList.Result.self, ["image", "list"]).value.images.count == 2)
        // One that cannot be built: nothing is made.
        let broken = try dockerTask("FROM small:1\nRUN false\n")
        let refused = try await station.control(["job", "run", tasks[0], broken, "--name", "k"])
        #expect(refused.status == 1 && refused.errors.contains("Dockerfile:2"), "\(refused)")
        #expect(try await station.control(["job", "show", "k"]).status == 1)
    }

    @Test func aVerdictIsRepeatedOnTheSameImageOrNotAtAll() async throws {
        _ = try await station.imported([try await fixture.smallRoot(), "small:1"])
        let task = try builtTask("pinned")
        let trial = try await station.run(task, ["--agent", "nop"]).trial
        #expect(trial.verdict?.outcome == .passed)
        let pinned = try #require(trial.images?.agent)
        #expect(pinned.hasPrefix("sha256:") && trial.images?.verifiers == [nil])
        #expect(try await station.control(["show", trial.summary.trial]).output.contains(pinned))
        #expect(try await station.control(["verify", trial.summary.trial]).status == 0)
        // Another image of the same name is not what the trial ran on.
        let again = try await station.json(ImageBuild.Result.self, ["image", "build", task]).value
        #expect(again.image.id != pinned)
        let refused = try await station.control(["verify", trial.summary.trial])
        #expect(refused.status == 1 && refused.errors.contains(pinned) && refused.errors.contains("gone"), "\(refused)")
    }

    @Test func builtImagesThatNothingNeedsAreCollected() async throws {
        _ = try await station.imported([try await fixture.smallRoot(), "small:1"])
        let kept = try builtTask("kept")
        let trial = try await station.run(kept, ["--agent", "nop"]).trial
        let unused = try dockerTask("FROM small:1\nRUN echo unused > /unused\n")
        let image = try await station.json(ImageBuild.Result.self, ["image", "build", unused]).value.image
        func collected(_ station: Station, _ options: [String]) async throws -> [String] {
            let result = try await station.json(StoreCollect.Result.self, ["gc", "--older-than", "0s"] + options).value
            return result.items.filter { $0.kind == .image }.map(\.name)
        }
        // What was just built is about to be used.
        #expect(try await collected(station, ["--keep-layers", "all"]).isEmpty)
        try await station.stop()
        let index = station.state + "/images/store/index.json"
        let text = try String(contentsOfFile: index, encoding: .utf8)
        let year = try #require(text.firstRange(of: "\"createdAt\":\"")?.upperBound)
        let old = text.replacing("\"createdAt\":\"" + text[year...].prefix(4), with: "\"createdAt\":\"2001")
        try Data(old.utf8).write(to: URL(filePath: index))
        let record = try await Program.start(
            "/usr/bin/python3",
            [
                "-c",
                "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.execute('UPDATE trials SET finished_at=1000'); d.commit()",
                station.state + "/record.db",
            ]
        ).end()
        try #require(record.status == 0, "\(record.errors)")
        let next = try await Station.start(state: station.state)
        #expect(try await collected(next, ["--keep-layers", "all", "--dry-run"]) == image.names)
        #expect(try await collected(next, ["--keep-layers", "all"]) == image.names)
        // The layer is kept, and with it what it can be verified on; images that were taken in stay.
        #expect(try await next.control(["verify", trial.summary.trial]).status == 0)
        #expect(try await next.json(ImageList.Result.self, ["image", "list"]).value.images.count == 2)
        #expect(try await collected(next, ["--keep-layers", "none"]).count == 1)
        let left = try await next.json(ImageList.Result.self, ["image", "list"]).value.images
        #expect(left.map(\.names) == [["small:1"]])
        #expect(try FileManager.default.contentsOfDirectory(atPath: station.state + "/images/store/trees").count == 1)
    }
}
