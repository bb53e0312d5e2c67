"""Judges a mended sorting plan by where it sends parcels that were never shown, and the entry that was named."""
exec(compile(open("/tests/verdict.py").read(), "/tests/verdict.py", "exec"))
TOOL = {"__name__": "route"}
exec(compile(open("/tests/route.py").read(), "/tests/route.py", "exec"), TOOL)

EXPECTED = read_json("/tests/expected.json")
plan = {}


def delivered():
    text = read_file("/app/plan/today.txt").decode("utf-8")
    plan["rules"], plan["chutes"] = TOOL["read_plan"](text)


def depots(group):
    if not plan:
        delivered()
    parcels = EXPECTED["parcels"][group]
    wrong = sum(TOOL["depot_of"](plan["rules"], *parcel[:3]) != parcel[3] for parcel in parcels)
    expect(not wrong, f"{wrong} of {len(parcels)} parcels go to a wrong depot")


def chutes():
    right = {depot: chute for parcels in EXPECTED["parcels"].values() for *_, depot, chute in parcels}
    wrong = sum(plan["chutes"].get(depot) != chute for depot, chute in right.items())
    expect(not wrong, f"{wrong} of {len(right)} depots have a wrong chute")


def named():
    found = read_json("/app/answer.json").get("entry")
    expect(isinstance(found, str), "entry is not named")
    expect(found == EXPECTED["answer"]["entry"], "entry is another one")


verdict = Verdict()
verdict.check("claims_are_settled", lambda: depots("claims"))
settled = ["claims_are_settled"]
verdict.check("same_town_is_right", lambda: depots("same_town"), needs=settled)
verdict.check("other_towns_are_right", lambda: depots("other_towns"), needs=settled)
verdict.check("chutes_are_right", chutes, needs=settled)
verdict.check("entry_is_named", named)
for directory, digests in EXPECTED["untouched"].items():
    verdict.check(f"{directory.rpartition('/')[2]}_untouched", lambda: expect_untouched(directory, digests),
                  needs=settled)
verdict.write()
