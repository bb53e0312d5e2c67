import Skills
import Testing

@testable import Distillation

/// The miner's steps one by one, on values worked out by hand.
struct MiningStepTests {
    private func isNear(_ left: Double, _ right: Double) -> Bool { abs(left - right) < 1e-9 }

    @Test func fisher() {
        // The lady and her tea: three of four right. 16 + 1 of 70 ways are as good.
        #expect(isNear(FisherExact.pValue(hits: 3, successes: 4, otherHits: 1, others: 4), 17.0 / 70))
        #expect(isNear(FisherExact.pValue(hits: 4, successes: 4, otherHits: 0, others: 4), 1.0 / 70))
        #expect(isNear(FisherExact.pValue(hits: 0, successes: 4, otherHits: 2, others: 4), 1))
        #expect(isNear(FisherExact.pValue(hits: 2, successes: 2, otherHits: 0, others: 0), 1))
    }

    @Test func falseDiscoveries() {
        // Benjamini and Hochberg: the third is below its line, 0.05 · 3/5, and takes the second with it.
        let found = BenjaminiHochberg.discoveries([0.001, 0.021, 0.029, 0.2, 0.9], rate: 0.05)
        #expect(found == [true, true, true, false, false])
        #expect(BenjaminiHochberg.discoveries([0.04, 0.05], rate: 0.03) == [false, false])
        #expect(BenjaminiHochberg.discoveries([], rate: 0.05).isEmpty)
    }

    @Test func odds() {
        // ln(3.5/0.5) − ln(0.5/3.5)
        #expect(isNear(Contrast.logOdds(hits: 3, successes: 3, otherHits: 0, others: 3), 3.8918202981106265))
        #expect(isNear(Contrast.logOdds(hits: 1, successes: 2, otherHits: 1, others: 2), 0))
        #expect(Contrast.leastSupport(of: 5, minimum: 2) == 3 && Contrast.leastSupport(of: 2, minimum: 2) == 2)
    }

    private func runs(_ lines: [[String]], verdicts: [DistillRequest.RunVerdict], family: String = "f") -> [MinedRun] {
        zip(lines, verdicts).enumerated().compactMap { number, run in
            let actions = run.0.enumerated().map { RunFixture.shell("a\($0)", $1, files: false) }
            let task = number % 2 == 0 ? "t" : "u"
            return MinedRun(RunFixture.run("\(family)\(number)", task: task, family: family, verdict: run.1, actions))
        }
    }

    @Test func workOutsideTheLayerIsWork() throws {
        // In /tmp, where no file is seen to change.
        let lines = ["mkdir -p /tmp/work", "cp /app/a.db /tmp/work/", "python3 look.py", "ls /tmp/work"]
        let run = try #require(MinedRun(RunFixture.run("r", task: "t", lines.map { RunFixture.shell("a0", $0) })))
        #expect(run.actions.map(\.isEffectful) == [true, true, false, false])
    }

    @Test func whatTellsSuccessFromFailure() {
        let passing = Array(repeating: ["make", "make check"], count: 4)
        let failing = Array(repeating: ["make"], count: 4)
        let mined = runs(
            passing + failing,
            verdicts: Array(repeating: .pass, count: 4) + Array(repeating: .fail, count: 4)
        )
        let contrast = Contrast(runs: mined, background: [], minimumSupport: 2)
        #expect(contrast.kept.map(\.feature) == ["make"])

        let flagged = runs(
            Array(repeating: ["make", "tool --careful x"], count: 4) + failing,
            verdicts: Array(repeating: .pass, count: 4) + Array(repeating: .fail, count: 4)
        )
        let found = Contrast(runs: flagged, background: [], minimumSupport: 2).kept
        #expect(found.map(\.feature) == ["make", "tool --careful"])
        #expect(found.map(\.isDecisive) == [false, true])

        // What everybody does everywhere is no part of the method.
        let others = runs(
            Array(repeating: ["make"], count: 4),
            verdicts: Array(repeating: .pass, count: 4),
            family: "g"
        )
        let against = Contrast(runs: flagged, background: others, minimumSupport: 2).kept
        #expect(against.map(\.feature) == ["tool --careful"])
    }

    private func ordered(_ lines: [[String]]) -> [String] {
        let mined = runs(lines, verdicts: lines.map { _ in .pass })
        let contrast = Contrast(runs: mined, background: [], minimumSupport: 2)
        return StepOrder.ordered(StepMining.steps(in: mined, contrast: contrast, minimumSupport: 2)).map(\.shape)
    }

    @Test func theOrderThatMostKeep() {
        // Not by the alphabet; one run of five may differ.
        #expect(ordered(Array(repeating: ["zip1x", "yap", "tar1x"], count: 3)) == ["zip1x", "yap", "tar1x"])
        #expect(
            ordered(Array(repeating: ["zip1x", "tar1x"], count: 4) + [["tar1x", "zip1x"]]) == ["zip1x", "tar1x"]
        )
        // A step that comes again counts by its last time.
        #expect(ordered(Array(repeating: ["build1x", "fix1x", "build1x"], count: 2)) == ["fix1x", "build1x"])
    }

    @Test func whatEverybodyDoesIsAStepWhereARunFailsWithoutIt() {
        let mined = runs(
            Array(repeating: ["mkdir -p /tmp/work", "tool1x"], count: 4),
            verdicts: Array(repeating: .pass, count: 4)
        )
        let others = runs(
            Array(repeating: ["mkdir -p /tmp/work"], count: 4),
            verdicts: Array(repeating: .pass, count: 4),
            family: "g"
        )
        let contrast = Contrast(runs: mined, background: others, minimumSupport: 2)
        func shapes(_ needed: Set<String>) -> [String] {
            StepMining.steps(in: mined, contrast: contrast, minimumSupport: 2, needed: needed).map(\.shape)
        }
        let all = Set(mined.flatMap(\.actions).flatMap(\.statements).map(\.shape))
        #expect(shapes([]) == ["tool1x"])
        #expect(shapes(all) == all.sorted())
    }

    @Test func neighboursMakeAGroup() {
        let lines = [["a1x", "b1x", "c1x"], ["a1x", "b1x", "c1x"], ["c1x", "a1x", "b1x"]]
        let mined = runs(lines, verdicts: lines.map { _ in .pass })
        let contrast = Contrast(runs: mined, background: [], minimumSupport: 2)
        let steps = StepOrder.ordered(StepMining.steps(in: mined, contrast: contrast, minimumSupport: 2))
        let groups = StepOrder.groups(steps, minimumSupport: 2).map { $0.map(\.shape) }
        #expect(groups == [["a1x", "b1x"], ["c1x"]])
    }

    @Test func theFixBetweenFailureAndSuccess() {
        func run(_ number: Int) -> MinedRun? {
            MinedRun(
                RunFixture.run(
                    "r\(number)",
                    task: "t\(number)",
                    [
                        RunFixture.shell(
                            "a1",
                            "python3 x.py",
                            exit: 1,
                            stderr: "ModuleNotFoundError: No module named 'yaml'"
                        ),
                        RunFixture.shell("a2", "ls"),
                        RunFixture.shell("a3", "pip install pyyaml"),
                        RunFixture.shell("a4", "python3 x.py", created: ["y"]),
                    ]
                )
            )
        }
        let found = PitfallMining.pitfalls(in: [run(1), run(2)].compactMap { $0 }, minimumSupport: 2)
        #expect(found.map(\.signature) == ["module-missing yaml"])
        #expect(found.first?.fixes.map(\.statement.text) == ["pip install pyyaml", "pip install pyyaml"])
        #expect(found.first?.evidence == ["r1/a1", "r1/a3", "r2/a1", "r2/a3"])
        #expect(PitfallMining.pitfalls(in: [run(1)].compactMap { $0 }, minimumSupport: 2).isEmpty)
    }

    @Test func sameValuesSamePlaceholder() {
        let lines = [
            ["cut -d, -f2 in/a.csv > a.txt", "wc1x --limit 12 in/a.csv https://x.org/1"],
            ["cut -d, -f2 in/bb.csv > bb.txt", "wc1x --limit 99 in/bb.csv https://x.org/2"],
        ]
        let mined = runs(lines, verdicts: [.pass, .pass])
        let contrast = Contrast(runs: mined, background: [], minimumSupport: 2)
        let steps = StepOrder.ordered(StepMining.steps(in: mined, contrast: contrast, minimumSupport: 2))
        var maker = TemplateMaker(mined)
        let texts = steps.compactMap { maker.template(of: $0.instances)?.text }
        #expect(
            texts == [
                "cut -d, -f2 in/<csv-file> > <txt-file>", "wc1x --limit <limit> in/<csv-file> https://x.org/<number>",
            ]
        )
    }

    @Test func deltaDebugging() async throws {
        let lines = (0..<12).map { "step\($0)x" }
        let mined = runs([lines], verdicts: [.pass])
        let replay: DistillContext.Replay = { _, actions in
            ["a3", "a8"].allSatisfy { actions.contains($0) } ? .passed : .failed
        }
        let found = try await Minimisation.minimise([mined], replay: replay, limit: 64)
        let run = try #require(found.kinds[0].runs.first)
        #expect(run.needed == ["f0/a3", "f0/a8"] && run.actions == 12 && found.replays <= 64)
        // Few replays keep more, never less than what passes.
        #expect(run.isComplete)
        let few = try await Minimisation.minimise([mined], replay: replay, limit: 4)
        #expect(few.kinds[0].runs.first?.needed.isSuperset(of: run.needed) == true && few.replays <= 4)
        #expect(few.kinds[0].runs.first?.isComplete == false)
        let none = try await Minimisation.minimise([mined], replay: replay, limit: 3)
        #expect(none.kinds[0].obstacles == [.tooFewReplays("f0")] && none.replays == 0)
        #expect(try await Minimisation.minimise([mined], replay: nil, limit: 64).kinds[0].obstacles == [.noReplay])
    }

    /// What passes once and not again, all of it or what was left of it, teaches nothing.
    @Test(arguments: [false, true]) func aRunThatDoesNotPassEachTimeIsNotMinimised(isFluke: Bool) async throws {
        let mined = runs([(0..<6).map { "step\($0)x" }], verdicts: [.pass])
        let count = Counter()
        let replay: DistillContext.Replay = { _, actions in
            let number = await count.next()
            return isFluke && (actions.count == 6 || number == 2) || number == 0 ? .passed : .failed
        }
        let found = try await Minimisation.minimise([mined], replay: replay, limit: 64).kinds[0]
        #expect(found.runs.isEmpty && found.obstacles == [.nondeterministic("f0")])
        #expect(await count.next() == (isFluke ? 9 : 2), "it stops when it is known")
    }

    /// However few replays there are, the last one is for what is left; and what was never tried without is not needed.
    @Test func aSearchThatIsCutShortIsConfirmedAndSaysSo() async throws {
        let mined = runs([(0..<12).map { "step\($0)x" }], verdicts: [.pass])
        let log = Log()
        let replay: DistillContext.Replay = { _, actions in
            await log.add(actions)
            return actions.contains("a8") ? .passed : .failed
        }
        let found = try await Minimisation.minimise([mined], replay: replay, limit: 5)
        let run = try #require(found.kinds[0].runs.first)
        let asked = await log.asked
        #expect(!run.isComplete && run.needed.count < 12 && run.needed.count > 1)
        #expect(asked.count == 5 && asked.dropLast().contains(asked[4]), "it passes twice")
        #expect(Set(asked[4].map { "f0/\($0)" }) == run.needed)
    }

    @Test func stepsOfASearchThatWasCutShortMustTellToo() async throws {
        func family(_ name: String, _ lines: [String]) -> [MinedRun] {
            runs(Array(repeating: lines, count: 4), verdicts: Array(repeating: .pass, count: 4), family: name)
        }
        let (mined, others) = (family("f", ["mkdir -p /tmp/work", "tool1x"]), family("g", ["mkdir -p /tmp/work"]))
        func shapes(limit: Int) async throws -> [String] {
            let found = try await Minimisation.minimise(
                [mined],
                replay: { $1.count == 2 ? .passed : .failed },
                limit: limit
            )
            let mining = ProcedureMining(background: others, minimumSupport: 2)
            return mining.procedure(of: mined, found.kinds[0]).groups.joined().map(\.shape)
        }
        #expect(try await shapes(limit: 64).count == 2)
        #expect(try await shapes(limit: 4) == ["tool1x"])
    }

    private actor Log {
        private(set) var asked: [[String]] = []
        func add(_ actions: [String]) { asked.append(actions) }
    }

    private actor Counter {
        private var count = -1
        func next() -> Int {
            count += 1
            return count
        }
    }

    @Test func likeWorkIsOneKind() {
        let sets: [Set<String>] = [
            ["cp", "sort", "join"], ["awk", "gzip", "tee"], ["cp", "sort", "join", "uniq"],
            ["awk", "gzip", "tee", "split"], ["make"],
        ]
        #expect(WorkKinds.clusters(of: sets) == [[0, 2], [1, 3], [4]])
        #expect(WorkKinds.clusters(of: []).isEmpty)
        #expect(WorkKinds.clusters(of: [[], []]) == [[0, 1]])
        // The mean decides, not the nearest: what is like a member only is not like the kind.
        let chain = [1...8, 2...9, 3...10].map { Set($0.map { "\($0)" }) }
        #expect(WorkKinds.jaccard(chain[1], chain[2]) > WorkKinds.leastSimilarity)
        #expect(WorkKinds.clusters(of: chain) == [[0, 1], [2]])
        // All at the bound itself: 14 of 20. The mean of 0.7 and 0.7 is 0.7.
        let equal = (0..<4).map { number in
            Set((0..<14).map { "all\($0)" } + (0..<3).map { "own\(number)-\($0)" })
        }
        #expect(WorkKinds.jaccard(equal[0], equal[1]) == WorkKinds.leastSimilarity)
        #expect(WorkKinds.clusters(of: equal) == [[0, 1, 2, 3]])
    }

    @Test func wordsThatTellKindsApart() {
        func kind(_ number: Int, _ instruction: String) -> [MinedRun] {
            [MinedRun(RunFixture.run("r\(number)", task: "t\(number)", instruction: instruction, []))].compactMap { $0 }
        }
        let kinds = [kind(1, "Sort these orders"), kind(2, "Pack these files"), kind(3, "Sort orders")]
        #expect(ConditionWords.toldApart(kinds).map { $0.map(\.id) } == [["r1", "r3"], ["r2"]])
        #expect(ConditionWords.words(of: Array(kinds.prefix(2))) == [["sort", "orders"], ["pack", "files"]])
        #expect(ConditionWords.words(of: [kinds[0]], unlike: ["these"]) == [["sort", "orders"]])
        #expect(ConditionWords.words(of: [kinds[2]], unlike: ["sort", "orders"]) == [["sort", "orders"]])
    }

    @Test func referencesHaveRoomForTheHeadingsToo() {
        func files(lines: Int) -> SkillFiles {
            var block = MinedSkill.Block("one line", .step, evidence: ["r"], rank: 1)
            block.condition = ["orders"]
            let skill = MinedSkill(name: "s", description: "d", sections: [.init(title: "Steps", blocks: [block])])
            return SkillFiles(skill, policy: .init(maxReferenceLines: lines, maxBodyTokens: 1))
        }
        let (full, short) = (files(lines: 7), files(lines: 6))
        #expect(full.dropped == 0 && full.reference?.lineCount == 7)
        #expect(short.dropped == 1 && (short.reference?.lineCount ?? 0) <= 6)
    }
}
