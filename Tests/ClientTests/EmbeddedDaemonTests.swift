import Glibc
import Testing

@testable import Client

/// A shell script in the place of the daemon's program.
private func started(_ script: String) throws -> String {
    let directory = try Directory()
    try directory.write("#!/bin/sh\n" + script, to: "executord")
    let environment = { (name: String) in name == "EXECUTORD_STATE" ? directory.path + "/deep/state" : nil }
    let state = try #require(StateDirectory(environment: environment))
    let daemon = EmbeddedDaemon(state: state, executable: directory.path + "/executord")
    do {
        let answer = try daemon.start(within: 10_000)
        return answer.isEmpty ? directory.read("deep/state/executord.log") : answer
    } catch {
        return "\(error)"
    }
}

/// One after the other: a script that another test's child still holds open for writing cannot be executed.
@Suite(.serialized) struct EmbeddedDaemonTests {
    @Test func readyLineNamesTheSocket() throws {
        #expect(try started("echo \"ready $3.sock\" >&3\n").hasSuffix("/deep/state.sock"))
    }

    @Test func argumentsDescriptorsAndEnvironmentAreTheAgreedOnes() throws {
        // An empty name of a socket makes the helper above return the log.
        let log = try started("echo \"$@\"; ls /proc/self/fd; env; pwd >&2; echo 'ready ' >&3\n")
        let lines = log.split(separator: "\n").map(String.init)
        let words = try #require(lines.first).split(separator: " ")
        #expect(words.count == 5 && words[0] == "--embedded" && words[1] == "--state")
        #expect(words.suffix(2) == ["--ready-fd", "3"])
        // 255 or 10 may be the shell's own; nothing else of ours may be open.
        let descriptors = lines.compactMap { Int($0) }
        #expect(Array(descriptors.prefix(4)) == [0, 1, 2, 3])
        #expect(descriptors.count <= 6, "\(descriptors)")
        for name in lines.compactMap({ $0.split(separator: "=", maxSplits: 1).first }) where lines.contains("\(name)=")
        {
            #expect((EmbeddedDaemon.inheritedVariables + ["PWD", "OLDPWD", "SHLVL", "_"]).contains(String(name)))
        }
    }

    @Test func failureCarriesTheDaemonsOwnWords() throws {
        let text = try started("echo 'error no cgroup is delegated' >&3\nexit 1\n")
        #expect(text.contains("did not start: no cgroup is delegated"))
        #expect(text.contains("remedy: run '"))
    }

    @Test func deathWithoutAWordIsNoticedAtOnce() throws {
        let text = try started("echo broken >&2; exit 3\n")
        #expect(text.contains("it ended without a word"))
        #expect(text.contains("broken"))
    }

    @Test func stateThatCannotBeMadeIsNamed() throws {
        let state = try #require(StateDirectory(environment: { $0 == "EXECUTORD_STATE" ? "/proc/none/s" : nil }))
        #expect {
            try EmbeddedDaemon(state: state, executable: "/bin/true").start()
        } throws: {
            "\($0)".contains("cannot create /proc/none")
        }
    }
}
