import Sandbox
import Wire

/// The commands of the task's solve.sh, in their order.
struct SolutionScript: Sendable {
    let commands: [String]

    /// The shortest runs of lines that bash itself finds complete, each ended by NUL.
    private static let splitter = #"""
        chunk=
        while IFS= read -r line || [ -n "$line" ]; do
            chunk+="$line"$'\n'
            case "$line" in *\\) continue ;; esac
            if [ -z "$(bash -n 2>&1 <<<"$chunk")" ]; then printf '%s\0' "$chunk"; chunk=; fi
        done </solution/solve.sh
        [ -z "$chunk" ] || printf '%s\0' "$chunk"
        """#

    /// Splits the script at its top-level commands; `quietly` runs a program that is not an action of the agent's.
    init(splitBy quietly: ([String]) async throws -> ActionResult) async throws {
        let result = try await quietly(["/bin/bash", "-c", Self.splitter])
        guard result.end == .exited(code: 0), result.stdout.omitted == 0 else {
            throw WireError(
                .taskInvalid,
                "solution/solve.sh could not be split into commands",
                remedy: "run the agent oracle without --steps"
            )
        }
        let chunks = result.stdout.head.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        commands = chunks.filter { chunk in
            chunk.split(separator: "\n").contains { line in
                let text = line.drop { $0 == " " || $0 == "\t" }
                return !text.isEmpty && !text.hasPrefix("#")
            }
        }
    }
}
