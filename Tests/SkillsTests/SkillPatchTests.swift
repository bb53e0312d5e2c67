import FoundationEssentials
import Testing

@testable import Skills

@Suite struct SkillPatchTests {
    private let base = SkillTree.sample()

    private func apply(
        _ edits: [SkillEdit],
        to tree: SkillTree? = nil,
        _ operation: SkillPatch.Operation = .revise,
        policy: SkillPatch.Policy = SkillPatch.Policy()
    ) throws(SkillPatchError) -> PatchedSkill {
        let tree = tree ?? base
        return try SkillPatch(operation, base: tree.digest, edits: edits).applied(to: tree, policy: policy)
    }

    private func body(_ patched: PatchedSkill) throws -> String {
        try SkillDocument(try #require(patched.tree.main?.bytes)).body
    }

    private func refusal(_ edit: SkillEdit, in tree: SkillTree? = nil) -> SkillPatchError.Refusal? {
        do throws(SkillPatchError) {
            _ = try apply([edit], to: tree)
            return nil
        } catch .edit(0, _, edit.operation, let refusal) {
            return refusal
        } catch {
            return nil
        }
    }

    private static func edit(_ operation: SkillEdit.Operation, _ change: (inout SkillEdit) -> Void) -> SkillEdit {
        var edit = SkillEdit(operation, evidence: ["tr_1/a1"])
        change(&edit)
        return edit
    }

    @Test func eachOperationChangesWhatItSaysAndNothingElse() throws {
        let cases: [(SkillEdit, String, String)] = [
            (
                Self.edit(.insertAfter) {
                    $0.targetText = "2. Count the columns."; $0.content = "3. Mend."
                }, "columns.\n", "columns.\n3. Mend.\n"
            ),
            (
                Self.edit(.insertBefore) {
                    $0.targetText = "Count the"; $0.content = "0. Copy.\n"
                }, "2. Count", "0. Copy.\n2. Count"
            ),
            (
                Self.edit(.appendToSection) {
                    $0.targetSection = "Pitfalls"; $0.content = "- Tabs."
                }, "- Dates are text.\n",
                "- Dates are text.\n- Tabs.\n"
            ),
            (
                Self.edit(.appendToSection) {
                    $0.targetSection = "## Steps"; $0.content = "Done."
                }, "```\n\n### Quotes",
                "```\n\nDone.\n\n### Quotes"
            ),
            (
                Self.edit(.replaceInSection) {
                    $0.targetSection = "Quotes"; $0.oldText = "Keep"; $0.content = "Double"
                }, "Keep them.",
                "Double them."
            ),
            (
                Self.edit(.replaceInSection) {
                    $0.targetSection = "Quotes"; $0.content = "New."
                }, "### Quotes\n\nKeep them.\n\n",
                "### Quotes\n\nNew.\n\n"
            ),
            (
                Self.edit(.addSection) {
                    $0.afterSection = "Steps"; $0.content = "## Check\n\nLook."
                }, "Keep them.\n\n",
                "Keep them.\n\n## Check\n\nLook.\n\n"
            ),
            (Self.edit(.deleteSection) { $0.targetSection = "Quotes" }, "### Quotes\n\nKeep them.\n\n", ""),
        ]
        for (edit, old, new) in cases {
            let patched = try apply([edit])
            let expected = SkillTree.sampleBody.replacing(old, with: new)
            #expect(expected != SkillTree.sampleBody)
            #expect(try body(patched) == expected, "\(edit.operation)")
            #expect(SkillLint.findings(patched.tree) == [])
        }
        let end = try apply([Self.edit(.addSection) { $0.content = "## Check" }])
        #expect(try body(end) == SkillTree.sampleBody + "\n## Check\n")
    }

    @Test func filesAreMadeLinkedAndRemoved() throws {
        let make = Self.edit(.create) {
            $0.file = "references/q.md"; $0.content = "# Q\n"
        }
        let link = Self.edit(.appendToSection) {
            $0.targetSection = "Quotes"; $0.content = "See [q](references/q.md)."
        }
        let made = try apply([make, link])
        #expect(made.tree.files["references/q.md"]?.text == "# Q\n")
        #expect(refusal(make) == .notLinked)
        let remove = Self.edit(.deleteFile) { $0.file = "references/q.md" }
        #expect(refusal(remove, in: made.tree) == .stillLinked)
        let unlink = Self.edit(.replaceInSection) {
            $0.targetSection = "Quotes"; $0.oldText = "\nSee [q](references/q.md).\n"; $0.content = ""
        }
        #expect(try apply([unlink, remove], to: made.tree).tree == base)
        // A new skill is made of files alone.
        let whole = Self.edit(.create) { $0.content = base.main?.text }
        let fresh = try SkillPatch(.create, base: nil, edits: [whole]).applied(to: nil)
        #expect(fresh.tree == base)
    }

    @Test func refusalsNameTheEditAndTheReason() {
        let twice = SkillTree.sample(body: SkillTree.sampleBody + "\n## Steps\n\nCount the columns.\n")
        let cases: [(SkillEdit, SkillPatchError.Refusal, SkillTree)] = [
            (
                Self.edit(.appendToSection) {
                    $0.targetSection = "Nope"; $0.content = "x"
                }, .sectionMissing("Nope"), base
            ),
            (
                Self.edit(.appendToSection) {
                    $0.targetSection = "Steps"; $0.content = "x"
                }, .sectionAmbiguous("Steps", count: 2), twice
            ),
            (
                Self.edit(.insertAfter) {
                    $0.targetText = "Nope"; $0.content = "x"
                }, .textMissing("Nope"), base
            ),
            (
                Self.edit(.insertAfter) {
                    $0.targetText = "Count the"; $0.content = "x"
                }, .textAmbiguous("Count the", count: 2), twice
            ),
            (Self.edit(.insertAfter) { $0.content = "x" }, .fieldMissing("target_text"), base),
            (Self.edit(.insertAfter) { $0.targetText = "Count" }, .fieldMissing("content"), base),
            (Self.edit(.deleteSection) { _ in }, .fieldMissing("target_section"), base),
            (Self.edit(.replaceInSection) { $0.content = "x" }, .fieldMissing("target_section"), base),
            (Self.edit(.addSection) { $0.content = "no heading" }, .noHeading, base),
            (
                Self.edit(.replaceInSection) {
                    $0.oldText = "Mends CSV"; $0.content = "x"
                }, .frontMatter, base
            ),
            (
                Self.edit(.insertBefore) {
                    $0.targetText = "name: csv"; $0.content = "x"
                }, .frontMatter, base
            ),
            (Self.edit(.deleteFile) { _ in }, .mainFile, base),
            (Self.edit(.deleteFile) { $0.file = "nope" }, .fileMissing, base),
            (Self.edit(.create) { $0.content = "x" }, .fileExists, base),
            (
                Self.edit(.create) {
                    $0.file = "../x"; $0.content = "x"
                }, .unsafePath, base
            ),
            (
                Self.edit(.create) {
                    $0.file = "SKILL.md/x"; $0.content = "x"
                }, .notLinked, base
            ),
            (
                Self.edit(.appendToSection) {
                    $0.targetSection = "Steps"; $0.content = "x"; $0.evidence = []
                }, .noEvidence, base
            ),
            (
                Self.edit(.insertAfter) {
                    $0.file = "a.bin"; $0.targetText = "x"; $0.content = "x"
                }, .notText,
                SkillTree(base.files.merging(["a.bin": .init([0xff])]) { first, _ in first })
            ),
        ]
        for (edit, expected, tree) in cases {
            #expect(refusal(edit, in: tree) == expected)
            #expect(expected.description.count > 10)
        }
    }

    @Test func protectedLinesStay() throws {
        let tree = SkillTree.sample(
            body: "# T\n\n<!-- protected -->\nNever run rm.\n<!-- /protected -->\n\n## End\n\nx\n"
        )
        let change = Self.edit(.replaceInSection) {
            $0.oldText = "Never"; $0.content = "Always"
        }
        #expect(refusal(change, in: tree) == .protected(line: 7))
        let within = Self.edit(.insertAfter) {
            $0.targetText = "<!-- protected -->"; $0.content = "Sudo."
        }
        #expect(refusal(within, in: tree) == .protected(line: 7))
        let whole = Self.edit(.deleteSection) { $0.targetSection = "T" }
        #expect(refusal(whole, in: tree) == .protected(line: 7))
        let below = Self.edit(.insertAfter) {
            $0.targetText = "<!-- /protected -->"; $0.content = "More."
        }
        #expect(try apply([below], to: tree).tree != tree)
    }

    @Test func overlappingEditsAreRefusedWhicheverComesFirst() {
        let delete = Self.edit(.deleteSection) { $0.targetSection = "Quotes" }
        let others = [
            Self.edit(.replaceInSection) {
                $0.targetSection = "Quotes"; $0.oldText = "them"; $0.content = "all"
            },
            Self.edit(.appendToSection) {
                $0.targetSection = "Quotes"; $0.content = "x"
            },
            Self.edit(.insertAfter) {
                $0.targetText = "Keep them."; $0.content = "x"
            },
            Self.edit(.addSection) {
                $0.afterSection = "Quotes"; $0.content = "### More"
            },
            Self.edit(.deleteSection) { $0.targetSection = "Quotes" },
            Self.edit(.deleteSection) { $0.targetSection = "Steps" },
        ]
        for other in others {
            for edits in [[delete, other], [other, delete]] {
                #expect(
                    throws: SkillPatchError.edit(
                        index: 1,
                        file: "SKILL.md",
                        operation: edits[1].operation,
                        refusal: .overlaps(edit: 0)
                    )
                ) { try apply(edits) }
            }
        }
    }

    @Test func thePatchAsAWholeIsBounded() throws {
        let edit = Self.edit(.appendToSection) {
            $0.targetSection = "Pitfalls"; $0.content = "- x"
        }
        #expect(throws: SkillPatchError.noEdits) { try apply([]) }
        #expect(throws: SkillPatchError.tooManyEdits(count: 5, limit: 4)) {
            try apply(Array(repeating: edit, count: 5))
        }
        #expect(throws: SkillPatchError.staleBase(expected: "sha256:0", found: base.digest)) {
            try SkillPatch(.revise, base: "sha256:0", edits: [edit]).applied(to: base)
        }
        #expect(throws: SkillPatchError.staleBase(expected: nil, found: base.digest)) {
            try SkillPatch(.create, base: nil, edits: [edit]).applied(to: base)
        }
        let shrink = Self.edit(.deleteSection) { $0.targetSection = "Steps" }
        guard
            case .lossTooGreat(let lost, 0.4) = #expect(
                throws: SkillPatchError.self,
                performing: { try apply([shrink]) }
            )
        else {
            Issue.record("the patch was not refused for its loss")
            return
        }
        #expect(lost > 0.4 && lost < 0.7)
        // Replacing all by as many other words is a loss, too.
        let swap = Self.edit(.replaceInSection) {
            $0.targetSection = "CSV"; $0.oldText = SkillTree.sampleBody;
            $0.content = String(repeating: "lorem ", count: 60)
        }
        guard case .lossTooGreat = #expect(throws: SkillPatchError.self, performing: { try apply([swap]) }) else {
            Issue.record("the patch was not refused for its loss")
            return
        }
        var free = SkillPatch.Policy()
        free.maximumLoss = nil
        #expect(try apply([shrink], policy: free).tree != base)
    }

    @Test func onlyDescribeChangesTheFrontMatterAndNeverTheName() throws {
        let better = Self.edit(.replaceInSection) {
            $0.oldText = "Mends CSV files."; $0.content = "Repairs CSV files."
        }
        let patched = try apply([better], .describe)
        #expect(
            try SkillDocument(try #require(patched.tree.main?.bytes)).head.description?.hasPrefix("Repairs") == true
        )
        for content in ["name: tsv-clean", "name: &x csv-clean", "name: csv-clean\nname: x", ""] {
            let rename = Self.edit(.replaceInSection) {
                $0.oldText = "name: csv-clean"; $0.content = content
            }
            guard
                case .headBroken = #expect(throws: SkillPatchError.self, performing: { try apply([rename], .describe) })
            else {
                Issue.record("'\(content)' was taken")
                continue
            }
        }
        let close = Self.edit(.insertAfter) {
            $0.targetText = "description: "; $0.content = "---"
        }
        #expect(throws: SkillPatchError.self) { try apply([close]) }
    }

    @Test func missingLineEndsAreMadeAndForeignOnesKept() throws {
        let tree = SkillTree.sample(body: "# T\r\n\r\n## A\r\n\r\n- x")
        let patched = try apply(
            [
                Self.edit(.appendToSection) {
                    $0.targetSection = "A"; $0.content = "- y"
                }
            ],
            to: tree
        )
        #expect(try body(patched).utf8.elementsEqual("# T\r\n\r\n## A\r\n\r\n- x\n- y\n".utf8))
    }

    @Test func linesKeepTheirSupport() throws {
        let first = Self.edit(.appendToSection) {
            $0.targetSection = "Pitfalls"; $0.content = "- Tabs.\n- BOM."; $0.kind = .pitfall
        }
        let one = try apply([first])
        let support = one.support(carrying: [], edits: [first])
        #expect(support == [LineSupport(file: "SKILL.md", first: 27, last: 28, evidence: ["tr_1/a1"], kind: .pitfall)])
        var second = Self.edit(.insertBefore) {
            $0.targetText = "1. Read"; $0.content = "0. Copy."
        }
        second.evidence = ["tr_2/a7"]
        var third = Self.edit(.replaceInSection) {
            $0.oldText = "Tabs"; $0.content = "Blanks"
        }
        third.evidence = ["tr_3/c1"]
        let two = try apply([second, third], to: one.tree)
        #expect(
            two.support(carrying: support, edits: [second, third]) == [
                LineSupport(file: "SKILL.md", first: 11, last: 11, evidence: ["tr_2/a7"]),
                LineSupport(file: "SKILL.md", first: 28, last: 28, evidence: ["tr_3/c1"]),
                LineSupport(file: "SKILL.md", first: 29, last: 29, evidence: ["tr_1/a1"], kind: .pitfall),
            ]
        )
        // Finer support is for what was edited: what stayed keeps its own.
        let finer = [
            LineSupport(file: "SKILL.md", first: 11, last: 11, evidence: ["tr_4/a1"]),
            LineSupport(file: "SKILL.md", first: 29, last: 29, evidence: ["skill:t@1"]),
        ]
        #expect(
            two.support(carrying: support, edits: [second, third], finer: finer) == [
                finer[0], LineSupport(file: "SKILL.md", first: 29, last: 29, evidence: ["tr_1/a1"], kind: .pitfall),
            ]
        )
        let boundless = [LineSupport(file: "SKILL.md", first: .min, last: .max, evidence: ["tr_4/a1"])]
        let covered = two.support(carrying: boundless, edits: [second, third], finer: boundless)
        #expect(covered.map(\.last).max() ?? 0 < 100, "as many lines as there are")
        let lines = MarkdownOutline.lines(of: try #require(two.tree.main?.text))
        #expect([lines[10], lines[27], lines[28]] == ["0. Copy.\n", "- Blanks.\n", "- BOM.\n"])
    }

    @Test func editsReadAndWriteTheContract() throws {
        let json =
            #"{"file":"SKILL.md","op":"append_to_section","section":"Pitfalls","content":"x","evidence":["tr_01/a3"],"kind":"pitfall"}"#
        let edit = try JSONDecoder().decode(SkillEdit.self, from: Data(json.utf8))
        #expect(
            edit
                == SkillEdit(
                    .appendToSection,
                    targetSection: "Pitfalls",
                    content: "x",
                    evidence: ["tr_01/a3"],
                    kind: .pitfall
                )
        )
        let again = try JSONDecoder().decode(SkillEdit.self, from: JSONEncoder().encode(edit))
        #expect(again == edit)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(SkillEdit.self, from: Data(#"{"file":"a","op":"create","content":"x"}"#.utf8))
        }
        #expect(
            SkillEdit.Operation.allCases.map(\.rawValue) == [
                "insert_after", "insert_before", "append_to_section", "replace_in_section", "add_section",
                "delete_section", "create", "delete_file",
            ]
        )
    }
}
