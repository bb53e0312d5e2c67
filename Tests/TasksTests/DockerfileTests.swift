import Testing

@testable import Tasks

@Suite struct DockerfileTests {
    private func steps(_ text: String, base: [String: String] = [:]) throws -> [Dockerfile.Step] {
        try Dockerfile(text) { _ in base }.stages.flatMap(\.instructions).map(\.step)
    }

    @Test("Variables count from where they are set, and the base's from the start")
    func variables() throws {
        let text = """
            ARG TAG=1
            FROM base:${TAG:-2}
            ARG TAG
            ENV A=x B="y z" C='$A'
            ENV OLD form of $A
            WORKDIR /w/${A}/${NONE:-d}/${A:+e}/\\$A/$FROM_BASE
            USER $B
            """
        #expect(try Dockerfile.images(of: text) == ["base:1"])
        #expect(
            try steps(text, base: ["FROM_BASE": "b"]) == [
                .environment(["A": "x", "B": "y z", "C": "$A"]), .environment(["OLD": "form of x"]),
                .workingDirectory("/w/x/d/e/$A/b"), .user("y z"),
            ]
        )
    }

    @Test("RUN is a shell's line, a list of words, or a document")
    func run() throws {
        let shell = ["/bin/sh", "-c"]
        #expect(try steps("FROM x\nRUN a && \\\n# no\n\n  b $HOME\n") == [.run(shell + ["a &&   b $HOME"])])
        #expect(try steps("FROM x\nRUN [\"a\", \"b c\"]\n") == [.run(["a", "b c"])])
        #expect(try steps("FROM x\nSHELL [\"/bin/bash\", \"-c\"]\nRUN a\n") == [.run(["/bin/bash", "-c", "a"])])
        #expect(
            try steps("FROM x\nRUN <<EOF\none\n# two\nEOF\nRUN b\n") == [
                .run(shell + ["one\n# two\n"]), .run(shell + ["b"]),
            ]
        )
        #expect(try steps("FROM x\nRUN cat <<'E' > f\n$x\nE\n") == [.run(shell + ["cat <<'E' > f\n$x\nE\n"])])
        #expect(try steps("FROM x\nARG V=1\nRUN a\n") == [.run(["/usr/bin/env", "V=1"] + shell + ["a"])])
        #expect(try steps("FROM x\nRUN --mount=type=cache,target=/c a\nCMD x\nEXPOSE 1\n") == [.run(shell + ["a"])])
    }

    @Test("COPY has sources, a destination and options")
    func copy() throws {
        let plain = Dockerfile.Copy(sources: ["a", "b c"], destination: "/d/", owner: nil, mode: nil, isAdd: false)
        #expect(try steps("FROM x\nCOPY [\"a\", \"b c\", \"/d/\"]\n") == [.copy(plain)])
        #expect(try steps("FROM x\nCOPY a 'b c' /d/\n") == [.copy(plain)])
        let owned = Dockerfile.Copy(sources: ["a"], destination: ".", owner: "1:2", mode: 0o755, isAdd: true)
        #expect(try steps("FROM x\nADD --chown=1:2 --chmod=755 a .\n") == [.copy(owned)])
    }

    @Test("Stages build on images and on each other, and those that the last one does not need are left out")
    func stages() throws {
        let text = """
            ARG TAG=1
            FROM a:$TAG AS Build
            ENV KEPT=yes
            ARG GONE=yes
            SHELL ["/bin/bash", "-c"]
            RUN one
            FROM missing:2 AS unused
            RUN two
            FROM build AS tools
            RUN three $KEPT $GONE
            WORKDIR /$KEPT$GONE$BASE
            FROM c
            COPY --from=tools /x /y
            COPY --from=d:1 /x /y
            COPY --from=0 x y
            WORKDIR /$KEPT
            """
        let file = try Dockerfile(text) { _ in ["BASE": "b"] }
        #expect(file.stages.map(\.index) == [0, 2, 3])
        #expect(file.stages.map(\.base) == [.image("a:1"), .stage(0), .image("c")])
        #expect(file.images == ["a:1", "c", "d:1"] && file.runs)
        // Variables of ARG and the shell end with their stage; what ENV says goes on to those that build on it.
        #expect(
            file.stages[1].instructions.map(\.step) == [
                .run(["/bin/sh", "-c", "three $KEPT $GONE"]), .workingDirectory("/yesb"),
            ]
        )
        let copies = file.stages[2].instructions.compactMap { instruction -> Dockerfile.Origin? in
            if case .copy(let copy) = instruction.step { copy.origin } else { nil }
        }
        #expect(copies == [.stage(2), .image("d:1"), .stage(0)])
        #expect(file.stages[2].instructions.last?.step == .workingDirectory("/"))
        #expect(try Dockerfile("FROM a\nCOPY x y\n") { _ in [:] }.runs == false)
    }

    @Test(
        "What is wrong or not done is told with its line",
        arguments: [
            ("RUN a\n", 1), ("\n", 1), ("FROM x\n\nNONSENSE y\n", 3), ("FROM x AS 1\n", 1), ("FROM scratch\n", 1),
            ("FROM x\nCOPY --from=0 a b\n", 2), ("FROM x\nADD --from=y a b\n", 2), ("FROM x AS y\nFROM x z\n", 2),
            ("FROM x\nADD https://example.org/a b\n", 2), ("FROM x\nCOPY a\n", 2),
            ("FROM x\nRUN <<EOF\nnever ends\n", 2), ("FROM x\nENV A\n", 2), ("FROM x\nWORKDIR ${A\n", 2),
            ("FROM x\nRUN --security=insecure a\n", 2), ("FROM x\nSHELL sh\n", 2), ("#escape=`\nFROM x\n", 1),
        ]
    )
    func refused(_ text: String, _ line: Int) {
        let error = #expect(throws: DockerfileError.self) { try Dockerfile(text) { _ in [:] } }
        #expect(error?.line == line)
    }
}
