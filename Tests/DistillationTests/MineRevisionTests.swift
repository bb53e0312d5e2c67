import Distillation
import Skills
import Testing

/// What the miner adds to a skill that is there, and where.
struct MineRevisionTests {
    private typealias Runs = [DistillRequest.Trajectory]

    private func proposal(_ runs: Runs, _ held: SkillTree? = nil) async throws -> DistillResponse.Proposal? {
        let request = RunFixture.request(runs, library: held.map { [RunFixture.held($0)] } ?? [])
        let response = try await MineDistiller().distill(request, context: .init())
        #expect(ResponseCheck.findings(in: response, for: request) == [])
        return response.proposals.first
    }

    /// The skill mined of the first runs, revised with each of the others; the same runs again add nothing.
    private func skill(_ first: Runs, then others: Runs...) async throws -> SkillTree {
        let made = try #require(try await proposal(first))
        var tree = try SkillPatch(.create, base: nil, edits: made.edits).applied(to: nil).tree
        for runs in others {
            let added = try #require(try await proposal(runs, tree))
            tree = try SkillPatch(.revise, base: tree.digest, edits: added.edits).applied(to: tree).tree
            #expect(SkillLint.findings(tree, directory: "csv-report").isEmpty)
            #expect(try await proposal(runs, tree) == nil, "\(tree.main?.text ?? "")")
        }
        return tree
    }

    /// The steps that are for tasks of some words, in their order, a line each; nil is those that no heading divides.
    private func steps(_ tree: SkillTree, for word: String?) -> [String] {
        let outline = MarkdownOutline(MarkdownOutline.lines(of: tree.main?.text ?? ""))
        guard let section = outline.sections.first(where: { $0.title == "Steps" }) else { return [] }
        let blocks = outline.codeBlocks.filter { block in
            let condition = outline.condition(of: block.opening)
            return section.whole.contains(block.opening)
                && (word.map { condition?.contains($0) ?? false } ?? (condition == nil))
        }
        return blocks.flatMap { $0.code.split(separator: "\n").map(String.init) }
    }

    private func headings(_ tree: SkillTree) -> [String] {
        let outline = MarkdownOutline(MarkdownOutline.lines(of: tree.main?.text ?? ""))
        let whole = outline.sections.first { $0.title == "Steps" }?.whole ?? 0..<0
        return outline.sections.filter { $0.level == 3 && whole.contains($0.heading) }.map(\.title)
    }

    private func first(_ line: String, of runs: Runs) -> Runs {
        runs.map { run in
            var own = run
            own.actions.insert(RunFixture.shell("a0", line, created: ["out"]), at: 0)
            return own
        }
    }

    /// Who does what a heading says does not do what stands above it.
    @Test func aStepThatTwoKindsShareIsSaidForBoth() async throws {
        let (reports, archives) = (
            first("mkdir -p out", of: RunFixture.reports), first("mkdir -p out", of: RunFixture.archives)
        )
        let tree = try await skill(reports, then: reports + archives)
        #expect(steps(tree, for: nil).count { $0 == "mkdir -p out" } == 1)
        #expect(steps(tree, for: "archive").first == "mkdir -p out", "\(tree.main?.text ?? "")")
        #expect(steps(tree, for: "archive").contains("rsync -a part.aa store/"))
        #expect(headings(tree).count == 1, "the first kind is said already")
    }

    @Test func aStepIsNotSaidByALongerOne() async throws {
        let tree = try await skill(
            first("mkdir -p out/in", of: RunFixture.archives),
            then: first("mkdir -p out", of: first("mkdir -p out/in", of: RunFixture.archives))
        )
        #expect(
            Set(steps(tree, for: nil)).isSuperset(of: ["mkdir -p out", "mkdir -p out/in"]),
            "\(tree.main?.text ?? "")"
        )
    }

    /// A kind that comes alone is for its own tasks all the same, in a skill of one procedure and in one of several.
    @Test func aKindThatComesAloneStandsBelowItsWords() async throws {
        let signed = (21...23).map { number in
            RunFixture.run(
                "tr_\(number)",
                task: "s\(number)",
                instruction: "Publish release \(number) with signatures.",
                [
                    RunFixture.shell("a1", "gpg --detach-sign release.bin", created: ["release.bin.sig"]),
                    RunFixture.shell("a2", "scp release.bin host:/srv", created: ["log"]),
                ]
            )
        }
        let one = try await skill(RunFixture.reports, then: signed)
        #expect(headings(one) == ["When the task speaks of `publish`, `release`, `with`, `signatures`"])
        #expect(steps(one, for: "release").count == 2 && !steps(one, for: nil).contains { $0.hasPrefix("gpg") })
        let several = try await skill(RunFixture.reports + RunFixture.archives, then: signed)
        #expect(headings(several).count == 3 && headings(several).last?.contains("`release`") == true, "at the end")
        #expect(!headings(several).contains(TaskWords.always))
    }

    /// More of a kind that is there stays with it: no heading of the same words above or below.
    @Test(arguments: [true, false]) func aNewLastStepOfAKnownKindStandsLast(isDivided: Bool) async throws {
        let more = (11...14).map { RunFixture.archive($0, more: ["shred1x store/part.aa"]) }
        let known = isDivided ? RunFixture.reports + RunFixture.archives : RunFixture.archives
        let tree = try await skill(known, then: more)
        let before = try await skill(known)
        #expect(headings(tree) == headings(before))
        let own = steps(tree, for: isDivided ? "archive" : nil)
        #expect(own == steps(before, for: isDivided ? "archive" : nil) + ["shred1x store/part.aa"], "\(own)")
    }

    /// Whoever follows an added step must know what its placeholders stand for.
    @Test func whatPlaceholdersStandForComesWithTheirSteps() async throws {
        let tree = try await skill(RunFixture.reports, then: RunFixture.archives)
        let lines = (tree.main?.text ?? "").split(separator: "\n").map(String.init)
        let legend = try #require(lines.firstIndex { $0.hasPrefix("- `<tgz-file>`: ") }, "\(lines)")
        let heading = try #require(lines.firstIndex { $0.hasPrefix("### When") })
        let step = try #require(lines.firstIndex { $0.hasPrefix("tar -czf <tgz-file>") })
        #expect(heading < legend && legend < step)
        #expect(lines.count { $0.hasPrefix("- `<csv-file>`") } == 1, "what it says already is not said again")
    }

    /// Each mining names its placeholders anew, so a name may be taken, and for something else.
    @Test func aNameThatIsTakenForSomethingElseIsNotTakenAgain() async throws {
        func runs(_ first: Int, _ verb: String, _ said: (String) -> String) -> Runs {
            ["jobs", "calls", "mails", "notes"].enumerated().map { offset, word in
                RunFixture.run(
                    "tr_\(first + offset)",
                    task: "\(verb)-\(offset)",
                    instruction: said(word),
                    [RunFixture.shell("a1", "\(verb) --of \(word) > \(verb).json", created: ["\(verb).json"])]
                )
            }
        }
        let counts = runs(21, "count1x") { "Write how many `\($0)` there are." }
        let shapes = runs(31, "shape1x") { "Draw the outline around \($0) as a picture." }
        let tree = try await skill(counts, then: shapes)
        let main = tree.main?.text ?? ""
        #expect(
            try await proposal(counts + shapes, tree) == nil,
            "whatever both are called when they are mined together"
        )
        for line in [
            "count1x --of <of> > <json-file>", "shape1x --of <of-2> > <json-file>",
            "- `<of>`: in the instruction after `how many '`",
            "- `<of-2>`: in the instruction after `the outline around `",
        ] { #expect(main.contains("\n" + line), "\(line) in \(main)") }
        #expect(main.split(separator: "\n").count { $0.contains("--of <") } == 2, "\(main)")
    }

    /// One has its place in the instructions, the other none: a name for the first must not be the second's.
    @Test func twoPlaceholdersOfAStepStayTwo() async throws {
        func runs(_ first: Int, _ verb: String, _ said: (String) -> String) -> Runs {
            ["jobs", "calls", "mails", "notes"].enumerated().map { offset, word in
                RunFixture.run(
                    "tr_\(first + offset)",
                    task: "\(verb)-\(offset)",
                    instruction: said(word),
                    [RunFixture.shell("a1", "\(verb) --of \(word) --of key\(offset * 7)", created: ["out"])]
                )
            }
        }
        let counts = runs(21, "count1x") { "Write how many `\($0)` there are." }
        let shapes = runs(31, "shape1x") { "Draw the outline around \($0) as a picture." }
        let main = try await skill(counts, then: shapes).main?.text ?? ""
        #expect(main.contains("\ncount1x --of <of> --of <of-2>\n"), "\(main)")
        #expect(main.contains("\nshape1x --of <of-3> --of <of-2>\n"), "\(main)")
    }

    /// What no word tells from other tasks is done in any case, and such steps stand together.
    @Test func stepsForNoWordsAreForAnyCase() async throws {
        func run(_ number: Int, _ instruction: String, _ lines: [String]) -> DistillRequest.Trajectory {
            let actions = lines.enumerated().map { RunFixture.shell("a\($0)", $1, created: ["x\($0)"]) }
            return RunFixture.run("tr_\(number)", task: "s\(number)", instruction: instruction, actions)
        }
        let (few, more) = (["gpg1x a", "scp1x b"], ["gpg1x a", "scp1x b", "log1x c"])
        let texts = [(21, "Publish it."), (22, "Send that.")]
        let tree = try await skill(
            RunFixture.reports + RunFixture.archives,
            then: texts.map { run($0.0, $0.1, few) },
            texts.map { run($0.0, $0.1, more) }
        )
        #expect(headings(tree).count == 3 && headings(tree).last == TaskWords.always)
        let main = tree.main?.text ?? ""
        let places = ["In any case", "gpg1x", "scp1x", "log1x", "## Pitfalls"].map {
            main.firstRange(of: $0)?.lowerBound
        }
        #expect(
            places.allSatisfy { $0 != nil } && places.compactMap { $0 } == places.compactMap { $0 }.sorted(),
            "\(main)"
        )
    }
}
