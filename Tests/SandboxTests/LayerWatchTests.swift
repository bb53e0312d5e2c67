import Glibc
import SandboxPlan
import Testing

@testable import Sandbox

/// What an action is seen to do to the layer.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct LayerWatchTests {
    private func changes(_ created: [String], _ modified: [String] = [], _ deleted: [String] = []) -> LayerChanges {
        var changes = LayerChanges()
        changes.created = created.map { Array($0.utf8) }
        changes.modified = modified.map { Array($0.utf8) }
        changes.deleted = deleted.map { Array($0.utf8) }
        return changes
    }

    @Test func eachActionHasItsOwnChanges() async throws {
        try await withSandbox { sandbox, fixture in
            for (command, expected) in [
                // What setting the sandbox up made is nobody's.
                ("true", changes([])),
                ("mkdir /w; echo a >/w/a", changes(["/w", "/w/a"])),
                ("cat /w/a /etc/passwd", changes([])),
                ("echo b >>/w/a; echo '# b' >>/etc/passwd", changes([], ["/etc/passwd", "/w/a"])),
                ("chmod 600 /etc/passwd", changes([], ["/etc/passwd"])),
                // As editors save.
                ("cp /etc/group /etc/g; echo >>/etc/g; mv /etc/g /etc/group", changes([], ["/etc/group"])),
                ("rm /etc/group", changes([], [], ["/etc/group"])),
                ("echo new >/etc/group", changes([], ["/etc/group"])),
                ("mv /w/a /w/b", changes(["/w/b"], [], ["/w/a"])),
                ("rm -r /w", changes([], [], ["/w", "/w/b"])),
            ] {
                let result = try await sandbox.run(fixture.shell(command))
                #expect(result.end == .exited(code: 0), "\(command): \(result.errorText)")
                var seen = try #require(result.changes, "\(command)")
                (seen.created, seen.modified, seen.deleted) = (
                    sorted(seen.created), sorted(seen.modified), sorted(seen.deleted)
                )
                #expect(seen == expected, "\(command)")
            }
        }
    }

    private func sorted(_ paths: [[UInt8]]) -> [[UInt8]] { paths.sorted { $0.lexicographicallyPrecedes($1) } }

    @Test func aDirectoryOfTheImageThatIsReplacedIsModified() async throws {
        try await withSandbox { sandbox, fixture in
            let find = "find /etc -mindepth 1 -maxdepth 1 -type d | head -n 1"
            let directory = try await sandbox.run(fixture.shell(find)).text.dropLast()
            let result = try await sandbox.run(fixture.shell("rm -r \(directory) && mkdir \(directory)"))
            #expect(result.changes == changes([], [String(directory)]), "\(directory) \(result)")
        }
    }

    @Test func fileRequestsAreNotTheNextProgramsDoing() async throws {
        try await withSandbox { sandbox, fixture in
            _ = try await sandbox.run(fixture.shell("true"))
            let root = ActingUser(.ids(uid: 0, gid: 0), capabilities: [])
            try await sandbox.makeDirectory("/made", makesParents: false, as: root, in: "/")
            #expect(try await sandbox.run(fixture.shell("echo >/made/file")).changes == changes(["/made/file"]))
        }
    }

    @Test func namesAreRawAndTheListHasAnEnd() async throws {
        try await withSandbox { sandbox, fixture in
            let odd = try await sandbox.run(fixture.shell("touch \"$(printf '/a\\nb\\377')\""))
            #expect(odd.changes?.created == [[0x2f, 0x61, 10, 0x62, 0xff]])
            let many = try await sandbox.run(fixture.shell("mkdir /many; cd /many; seq 300 | xargs touch"))
            #expect(many.changes?.created.count == 200 && many.changes?.unlisted == 101)
            let long = try await sandbox.run(
                fixture.shell(
                    "x=$(printf '%0200d' 1); mkdir /$x; cd /$x; mkdir $x; for i in $(seq 90); do >$x/$i; done"
                )
            )
            let created = try #require(long.changes).created
            #expect(created.count < 90 && created.count + Int(long.changes?.unlisted ?? 0) == 92)
            #expect(created.reduce(0) { $0 + $1.count } <= LayerChanges.maximumPathBytes)
        }
    }

    @Test func programsThatRunAtOnceShareTheirChanges() async throws {
        try await withSandbox { sandbox, fixture in
            let first = try await sandbox.start(fixture.shell("while [ ! -e /second ]; do sleep 0.01; done"))
            let second = try await sandbox.run(fixture.shell(">/second"))
            #expect(second.changes?.created == [Array("/second".utf8)] && second.changes?.isShared == true)
            #expect(await first.wait().changes?.isShared == true)
            #expect(try await sandbox.run(fixture.shell("true")).changes == changes([]))
        }
    }

    @Test func layersThatAreTooDeepAreNotLookedAt() async throws {
        try await withSandbox { sandbox, fixture in
            let deep = "mkdir /d; cd /d; for i in $(seq 80); do mkdir d; cd ./d; done; >file"
            let result = try await sandbox.run(fixture.shell(deep))
            #expect(result.end == .exited(code: 0) && result.changes == nil)
            #expect(try await sandbox.run(fixture.shell(">/file")).changes == nil)
        }
    }
}
