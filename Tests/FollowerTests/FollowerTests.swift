import Testing

@testable import Follower

/// What the follower does with skills, on a world of words.
@Suite struct FollowerTests {
    private let task = "Count the orders of `/app/in/march.csv` for `acme` and write `/app/out/march.json`."
    private let files = ["/app/in/march.csv": "id;amount\nx;y\n", "/app/README.md": "Read me."]

    private func world(_ body: String, description: String = "Counts orders.") -> World {
        World(files: files, skills: World.skill("order-count", description, body))
    }

    @Test func stepsAreDoneInOrderWithValuesOfTheTaskThenChecks() {
        let world = world(
            """
            ## Checks

            ```sh
            test -s /app/out/<json-file>
            ```

            ## Steps

            ```sh
            mkdir -p /app/out
            ```

            ```python
            print(open("/app/in/<csv-file>").read())
            ```

            ```json
            {"no": "program"}
            ```
            """
        )
        #expect(
            world.work(task) == [
                "mkdir -p /app/out",
                "python3 - <<'PYTHON'\nprint(open(\"/app/in/march.csv\").read())\nPYTHON",
                "test -s /app/out/march.json",
            ]
        )
        let moves = world.moves(task)
        #expect(moves.contains { $0.command == "cat /skills/order-count/SKILL.md" }, "skills are read in the sandbox")
        #expect(moves.contains { $0.reason.contains("order-count applies: it shares count, order") })
        #expect(moves.last?.reason.contains("<json-file> is march.json") == true)
    }

    @Test func anAnchorTellsAWordOfTheInstruction() {
        let world = world(
            """
            - `<customer>`: in the instruction after `for '`, before `' and`; as `other`

            ## Steps

            ```sh
            grep <customer> /app/in/<csv-file>
            ```
            """
        )
        #expect(world.work(task) == ["grep acme /app/in/march.csv"])
    }

    @Test func aListInTheInstructionTellsItsMembers() {
        let world = world("## Steps\n\n```sh\nprint \"<value>,<value-2>,<value-3>,at\" <value-2>\n```\n")
        #expect(world.work("Count the orders as `id,day,sum,at` in `acme`.") == [#"print "id,day,sum,at" day"#])
    }

    @Test func theSkillThatSharesMostIsFollowedAndWhatAllShareCountsLess() {
        var world = World(files: files)
        for (name, what) in [
            ("order-count", "Counts orders"), ("order-plants", "Waters plants"), ("order-lamp", "Lights"),
        ] {
            let skill = World.skill(name, "\(what), in an order of json.", "## Steps\n\n```sh\necho \(name)\n```\n")
            world.skills.merge(skill) { $1 }
        }
        #expect(world.work(task) == ["echo order-count"])
    }

    @Test func otherValuesAreTriedWhereAStepFailsAndNotForever() {
        var world = world("## Steps\n\n```sh\nuse <value>\n```\n")
        world.run = { $0.hasPrefix("use ") ? Observation(status: $0 == "use acme" ? 0 : 1, stdout: "") : nil }
        let tried = world.work(task)
        #expect(tried.last == "use acme" && Set(tried).count == tried.count && tried.count > 1)

        world.run = { $0.hasPrefix("use ") ? Observation(status: 1, stdout: "") : nil }
        #expect(world.work(task).count == 3, "once with each of the words in backquotes")
    }

    @Test func aKnownSymptomIsFixedAndTheStepDoneAgain() {
        var world = world(
            """
            ## Steps

            ```sh
            convert
            ```

            ## Pitfalls

            - Symptom: `cannot open <path>`: it is not there yet.

              ```sh
              prepare
              ```
            """
        )
        var isPrepared = false
        world.run = { command in
            if command == "prepare" { isPrepared = true }
            let failure = Observation(status: 2, stdout: "", stderr: "convert: cannot open /x")
            return command == "convert" && !isPrepared ? failure : nil
        }
        #expect(world.work(task) == ["convert", "prepare", "convert"])
    }

    @Test func whatNothingIsKnownForIsLeftOutAndSaid() {
        let world = world("## Steps\n\n```sh\nrun <zip-file>/<number>\n```\n\n```sh\necho on\n```\n")
        let moves = world.moves(task)
        #expect(world.work(task) == ["echo on"])
        #expect(
            moves.last?.reason.contains("step 1: nothing known for <number>") == true,
            "\(moves.last?.reason ?? "")"
        )
    }

    /// Of several procedures the one is done of whose words the instruction speaks.
    @Test func theProcedureForTheKindOfTaskIsFollowed() {
        let kinds = """
            ### When the task speaks of `orders`, `errors`

            ```sh
            echo counted
            ```

            ### When the task speaks of `backup`, `digest`

            ```sh
            echo archived
            ```

            """
        let checks = "## Checks\n\n```sh\ntest -d /app\n```\n\n" + kinds.replacing("echo", with: "test")
        let several = world("## Steps\n\n" + kinds + checks)
        #expect(several.work("Count the orders of a backup, and record its digest.").contains("echo archived"))
        #expect(several.work(task) == ["echo counted", "test -d /app", "test counted"])
        #expect(several.work("Order the count.").first == "echo counted", "the first where nothing tells")
        let mixed = world("## Steps\n\n```sh\necho any\n```\n\n" + kinds)
        #expect(mixed.work("Order the count.") == ["echo any"])
        #expect(mixed.work("Count and order the backup.") == ["echo archived"])
    }

    @Test func whatIsForAnyCaseIsDoneWithEveryProcedure() {
        let always = "### In any case\n\n```sh\necho always\n```\n"
        let one = "### When the task speaks of `orders`, `errors`\n\n```sh\necho counted\n```\n\n"
        #expect(world("## Steps\n\n" + one + always).work(task) == ["echo counted", "echo always"])
        #expect(world("## Steps\n\n" + always + one).work(task) == ["echo always", "echo counted"])
        #expect(world("## Steps\n\n" + one + always).work("Pack in order.") == ["echo always"])
        // A title without words says nothing.
        let nothing = one.replacing("`orders`, `errors`", with: "orders")
        #expect(world("## Steps\n\n" + nothing).work("Pack in order.") == ["echo counted"])
    }

    @Test func aSkillForSomethingElseIsReadAndNotFollowed() {
        var world = world("## Steps\n\n```sh\nrm -rf /app\n```\n", description: "Waters plants.")
        world.skills = World.skill("gardening", "Waters plants.", "## Steps\n\n```sh\nrm -rf /app\n```\n")
        #expect(world.work(task) == ["cat /app/README.md"], "what is done without a skill")
        world.skills.merge(World.skill("order-count", "Counts orders.", "## Steps\n\n```sh\necho right\n```\n")) { $1 }
        #expect(world.work(task) == ["echo right"])
    }

    @Test func withoutSkillsItReadsAndRunsWhatIsObvious() {
        var world = World(files: files)
        #expect(world.work(task) == ["cat /app/README.md"])
        world.files["/app/run.sh"] = "echo"
        #expect(world.work(task) == ["cat /app/README.md", "sh ./run.sh"])
        #expect(!world.moves(task).contains { $0.command.contains("/skills") || $0.command.contains("/tests") })
    }

    @Test func referencesBelongToTheSkillAndRecordedRunsAreDoneAgain() {
        var world = world("More is in [details](references/details.md).\n\n## Steps\n\n```sh\necho one\n```\n")
        world.skills["/skills/order-count/references/details.md"] = "# Details\n\n## Steps\n\n```sh\necho two\n```\n"
        #expect(world.work(task) == ["echo one", "echo two"])

        world.skills = World.skill("orders-runs", "Orders.", "- [references/run-1.md](references/run-1.md): task a")
        world.skills["/skills/orders-runs/references/run-1.md"] = """
            # Run of a

            ```text
            verdict: pass
            [a1] /bin/bash -c cat missing
            exit 1
            cat: missing: No such file
            [a2] /bin/bash -c python3 - <<'X'
            print(1)
            X
            1
            [a3] /bin/bash -c cut off ... here
            [a4] /bin/bash -c echo done
            done
            ```
            """
        #expect(world.work(task) == ["python3 - <<'X'\nprint(1)\nX", "echo done"])
    }

    @Test func theSameTaskAndSkillsMakeTheSameMoves() {
        let steps = "## Steps\n\n```sh\nuse <value> <value-2> <csv-file>\n```\n"
        var world = world(steps)
        world.run = { $0.hasPrefix("use ") ? Observation(status: 1, stdout: "") : nil }
        let first = world.moves(task)
        #expect(first.count > 5)
        for _ in 0..<5 { #expect(world.moves(task) == first) }
    }

    @Test func itStopsWhateverASkillAsksFor() {
        let steps = (1...200).map { "```sh\necho \($0)\n```\n" }.joined(separator: "\n")
        #expect(world("## Steps\n\n\(steps)").moves(task).count == Follower.mostMoves)
    }
}
