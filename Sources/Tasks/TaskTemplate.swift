import FoundationEssentials
import Glibc

/// A new task to start from: it works as it is, and every file says what belongs in it.
package enum TaskTemplate {
    /// One file of the new directory.
    package struct File: Sendable, Hashable {
        /// Relative to the task's directory.
        package let path: String
        package let text: String
        package let isExecutable: Bool
    }

    /// Writes the files of a task called `name` into the new directory `directory`; all of them or nothing.
    ///
    /// A bare name becomes `local/name`.
    package static func write(name: String, to directory: String) throws(TaskError) {
        var directory = directory
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        guard TaskName.isValid(name) else {
            throw .unwritable(
                path: directory,
                reason: "'\(name)' is no task name: use letters, digits, '.', '_', '-', as in org/name"
            )
        }
        let partial = directory + ".partial-\(getpid())"
        defer { try? FileManager.default.removeItem(atPath: partial) }
        do {
            for file in files(name: name) {
                let url = URL(filePath: partial + "/" + file.path)
                try FileManager.default.createDirectory(
                    at: url.deletingLastPathComponent(),
                    withIntermediateDirectories: true
                )
                try Data(file.text.utf8).write(to: url)
                chmod(partial + "/" + file.path, file.isExecutable ? 0o755 : 0o644)
            }
        } catch {
            throw .unwritable(path: directory, reason: "\(error)")
        }
        // rename(2) replaces an empty directory and nothing else.
        guard rename(partial, directory) == 0 else {
            let taken = errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR
            throw .unwritable(path: directory, reason: taken ? "exists already" : String(cString: strerror(errno)))
        }
    }

    /// The files of a task called `name`.
    package static func files(name: String) -> [File] {
        let full = name.contains("/") ? name : "local/\(name)"
        return [
            File(path: "task.toml", text: configuration(full), isExecutable: false),
            File(path: "instruction.md", text: instruction, isExecutable: false),
            File(path: "environment/numbers.txt", text: "12\n7\n23\n", isExecutable: false),
            File(path: "solution/solve.sh", text: solution, isExecutable: true),
            File(path: "tests/test.sh", text: test, isExecutable: true),
        ]
    }

    private static func configuration(_ name: String) -> String {
        """
        # A task in Harbor's format. Try it with: executorctl task check .
        schema_version = "1.4"

        [task]
        name = "\(name)"
        description = "Adds up the numbers in a file."

        [metadata]
        difficulty = "easy"

        [agent]
        timeout_sec = 300.0      # wall clock; leave it out for no limit

        [verifier]
        timeout_sec = 60.0

        [environment]
        docker_image = "debian:bookworm"
        network_mode = "no-network"
        workdir = "/app"         # the files of environment/ lie here when the agent starts
        cpus = 1
        memory_mb = 256
        storage_mb = 64

        """
    }

    private static let instruction = """
        The file `numbers.txt` in the working directory has one whole number on each line.
        Write their sum, as one number on one line, to `sum.txt` beside it.

        """

    private static let solution = """
        #!/bin/sh
        # Solves the task as a good agent would; only the oracle sees this file.
        set -eu
        cd /app
        sum=0
        while read -r number; do
            sum=$((sum + number))
        done < numbers.txt
        echo "$sum" > sum.txt

        """

    private static let test = """
        #!/bin/sh
        # Judges what the agent left. Its exit status is ignored: the reward is what it writes, 1 for a full success.
        expected=42
        found=$(cat /app/sum.txt 2>/dev/null)
        if [ "$found" = "$expected" ]; then
            status=passed reward=1
        else
            status=failed reward=0
        fi
        cat > /logs/verifier/ctrf.json <<END
        {"results": {
          "tool": {"name": "test.sh"},
          "summary": {"tests": 1, "passed": $reward, "failed": $((1 - reward)), "skipped": 0, "pending": 0, "other": 0,
                      "start": $(date +%s), "stop": $(date +%s)},
          "tests": [{"name": "sum.txt holds the sum", "status": "$status", "duration": 0}]}}
        END
        echo "$reward" > /logs/verifier/reward.txt

        """
}
