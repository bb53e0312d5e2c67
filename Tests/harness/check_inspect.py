"""Inspect's own conformance suite, and a sample evaluated with `sandbox="executord"`."""

import json
import re

from station import CHROOT, HOST, REPOSITORY, Check

CHECKS = 44


def run(station):
    image = f"dir:{CHROOT}"
    folder = REPOSITORY / "Tests/harness/inspect_checks"
    done = station.run(
        [HOST / "pytest", "-p", "no:cacheprovider", "-q", folder / "test_self_check.py"], EXECUTORD_TEST_IMAGE=image
    )
    passed = int((re.findall(r"(\d+) passed", done.stdout) or ["0"])[-1])
    is_all = done.returncode == 0 and passed == CHECKS
    yield Check.of(f"inspect: self_check, {passed} of {CHECKS}", is_all, done.stdout)
    # By the entry point of the installed package, from the command line, with a configuration file.
    (station.folder / "executord.json").write_text(json.dumps({"image": image, "memory_mb": 256}))
    done = station.run([HOST / "python", folder / "evaluate.py", station.folder], timeout=120)
    is_right = done.stdout.rstrip().endswith("success 1.0")
    yield Check.of('inspect: a sample in sandbox="executord"', is_right, done.stdout)
