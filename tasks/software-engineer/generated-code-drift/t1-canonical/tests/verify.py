"""Judges a package by what it answers, as delivered and after a release made of the agent's sources (expected.json)."""
import shutil
import tempfile

for part in ("verdict", "programs", "releases"):
    exec(compile(open(f"/tests/{part}.py").read(), f"/tests/{part}.py", "exec"))

place = tempfile.mkdtemp(prefix="release-")
verdict = Verdict()
verdict.check("standing_corrections_are_in_the_lists", corrections)
verdict.check("lists_are_otherwise_unchanged", otherwise, needs=["standing_corrections_are_in_the_lists"])
verdict.check("a_release_can_be_made", released, needs=["standing_corrections_are_in_the_lists"])
for _, target in EXPECTED["stages"]:
    name = target.rpartition("/")[2].removeprefix("_").replace(".", "_")
    verdict.check(f"{name}_is_fresh", lambda: fresh(target), needs=["a_release_can_be_made"])
verdict.check("prices_as_delivered", lambda: prices("delivered"), needs=["a_release_can_be_made"])
verdict.check("prices_after_a_release", lambda: prices("release"), needs=["a_release_can_be_made"])
verdict.check("tests_pass_after_a_release", lambda: expect(answers["suite"][0] == 0, "the package's tests fail"),
              needs=["a_release_can_be_made"])
verdict.check("others_files_untouched", protected, needs=["standing_corrections_are_in_the_lists"])
shutil.rmtree(place, ignore_errors=True)
verdict.write()
