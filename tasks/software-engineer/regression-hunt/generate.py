#!/usr/bin/env python3
"""Instances of regression-hunt: a history of changes, one of which brought a fault with something useful."""
from __future__ import annotations

import json
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HOME.parents[1] / "harness"), str(HOME)]
from handed_over import adversarial  # noqa: E402
from history import (History, complaint_of, letter, options_for, put_truth, repairs, shows_from)  # noqa: E402
from instance import Family, Instance, Tier, main  # noqa: E402
from kept import composition  # noqa: E402
from program import HOSTS, Data, printed  # noqa: E402
from sorting import context_shift  # noqa: E402


def canonical(instance: Instance) -> None:
    chance = instance.chance
    fault = chance.choice(sorted(HOSTS))
    history = History(chance, [fault], [])
    culprit, sources = history.number_of(fault), history.sources()
    while True:
        data = Data(history.theme, chance)
        text, options = data.text(), options_for(fault, data)
        expected = printed(history.right(), options, text)
        right = [printed(one, options, text) == expected for one in sources[4:]]
        if right == [number < culprit for number in range(4, len(sources))]:
            break
    untouched = {
        "/app/history": instance.put_inputs("history", history.patches(chance)),
        "/app/complaint": instance.put_inputs("complaint", {
            "input.csv": text, "expected.txt": expected, "options": "".join(word + "\n" for word in options)})}
    instance.put(f"environment/src/{history.theme.name}.py", sources[-1])
    instance.put_texts(name=history.theme.name, good="0004", good_number="4", last_number=str(len(history.changes)),
                       repairs=json.dumps(repairs(sources[-1], history.right()), ensure_ascii=False))
    put_truth(instance, history, {"change": f"{culprit:04d}"}, [complaint_of(history, fault, text, options)], untouched)


# T2: two faults, states that do not run, and a report whose form changes on the way.

def enriched(instance: Instance) -> None:
    chance = instance.chance
    faults = chance.sample(["amount", "dedup", "key", "since"], 2)
    while True:
        history = History(chance, faults, ["separator"])
        culprit = history.number_of(faults[0])
        # The first culprit lies within a stretch of states that do not run.
        history.changes.insert(culprit - 1, ("parse the arguments in one place", {"broken"}, set()))
        history.changes.insert(culprit + 2, ("main: mend the start", set(), {"broken"}))
        numbers = [history.number_of(fault) for fault in faults]
        found = []
        for which, fault, number in zip(("first", "second"), faults, numbers):
            data = Data(history.theme, chance)
            text = data.text()
            said = letter(history, fault, data, text, which)
            if said and shows_from(history, said[1], text, *said[2:], 4) == [
                    state < number for state in range(4, len(history.sources()))]:
                found.append((which, fault, text, said))
        if len(found) == 2 and "separator" in history.states()[max(numbers) - 1] and numbers[0] > 6:
            break
    complaints, files = [], {}
    for which, fault, text, (words, options, _, _) in found:
        files |= {f"{which}.txt": words, f"{which}.csv": text}
        complaints.append(complaint_of(history, fault, text, options))
    untouched = {"/app/history": instance.put_inputs("history", history.patches(chance)),
                 "/app/complaints": instance.put_inputs("complaints", files)}
    last = history.sources()[-1]
    instance.put(f"environment/src/{history.theme.name}.py", last)
    instance.put_texts(name=history.theme.name, good="0004", good_number="4",
                       repairs=json.dumps(repairs(last, history.right()), ensure_ascii=False))
    put_truth(instance, history, {"first": f"{numbers[0]:04d}", "second": f"{numbers[1]:04d}"}, complaints, untouched)


# T3: releases instead of patches, and a fault that went away for a while.

def variant(instance: Instance) -> None:
    chance = instance.chance
    fault = chance.choice(["amount", "dedup", "key", "since"])
    while True:
        history = History(chance, [fault], [])
        came = history.number_of(fault)
        went = came + chance.randrange(2, 4)
        back = went + chance.randrange(2, 4)
        history.changes.insert(went - 1, ("figures as they were", {"undone"}, set()))
        history.changes.insert(back - 1, ("tidied up", set(), {"undone"}))
        data = Data(history.theme, chance)
        text = data.text()
        said = letter(history, fault, data, text, "complaint")
        states = range(4, len(history.changes) + 1)
        if said and len(history.changes) > back and shows_from(history, said[1], text, *said[2:], 4) == [
                number < came or went <= number < back for number in states]:
            break
    # The fault came with x.9, so that versions in the order of their text put it behind x.10.
    major = chance.randrange(2, 6)
    versions = {state: f"{major}.{state + 9 - came}" for state in states}
    files = {f"{version}/{history.theme.name}.py": history.sources()[state] for state, version in versions.items()}
    untouched = {"/app/releases": instance.put_inputs("releases", files)}
    instance.put("environment/complaint.txt", said[0])
    instance.put("environment/complaint.csv", text)
    last = history.sources()[-1]
    instance.put(f"environment/src/{history.theme.name}.py", last)
    instance.put_texts(name=history.theme.name, repairs=json.dumps(repairs(last, history.right()), ensure_ascii=False))
    answer = {"came": versions[came], "went": versions[went], "back": versions[back]}
    put_truth(instance, history, answer, [complaint_of(history, fault, text, said[1])], untouched)


if __name__ == "__main__":
    main(Family(
        home=HOME, keywords=("regression", "bisection", "debugging"),
        procedure="Turn the complaint into a test that says right, wrong or cannot be asked; ask the states of "
                  "the history "
                  "between a right and a wrong one; read the one change that turned it, tell the fault from "
                  "what else it "
                  "brought, and take back the fault alone in the newest state.",
        tiers={
            "t1": Tier("Find the change that broke a report, and repair the report.", "easy",
                       "The change is useful otherwise, its subject does not give it away, and a later one has "
                       "touched the "
                       "same lines: neither an old state nor the patch in reverse is a repair.", canonical),
            "t2": Tier("Find the changes behind two complaints in a history some of which does not run.", "medium",
                       "One fault came while the program did not run, so it first shows with the change that "
                       "mended the "
                       "start; the form of the report changes, so that comparing whole reports blames that change.",
                       enriched),
            "t3": Tier("Find the release that brought a fault which went away for a while.", "hard",
                       "Right and wrong alternate more than once, so halving finds any of the turns; "
                       "and 2.10 comes after 2.9.", variant),
            "t4": Tier("Find the slip in a parcel hub's logbook, and put its sorting plan right.", "medium",
                       "The same with a sorting plan: the entry says what was wanted and did more; a depot has got "
                       "another name since, chutes have changed, and a later entry about the same town is not to "
                       "blame.", context_shift),
            "t5": Tier("Find the change behind a complaint that a colleague has already blamed on another one.", "hard",
                       "The note names the change since which the program starts again; the state before passes every "
                       "case that is tried, and lacks all that came since.", adversarial),
            "t6": Tier("Find the change that spoilt a layered configuration, and mend the configuration.", "hard",
                       "The change does not speak of what it spoilt: its new file hides one of the same name. Whether "
                       "a state is right only its evaluation tells, and more was lost than the complaint says.",
                       composition, composes=("layered-config-migration", "regression-hunt"))}))
