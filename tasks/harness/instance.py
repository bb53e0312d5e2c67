"""What the families' generators share: their command line, and writing one instance as a Harbor task directory.

    generate.py --seed N --tier t1|…|t6 --out DIR

The same seed gives the same bytes. Seed 0 is the instance that is kept in the repository.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

HARNESS = Path(__file__).resolve().parent
TIERS = {"t1": "t1-canonical", "t2": "t2-enriched", "t3": "t3-variant", "t4": "t4-context-shift",
         "t5": "t5-adversarial", "t6": "t6-composition"}
LEARNING = ("t1", "t2", "t3")
TEST_SH = """\
#!/bin/sh
# Absolute paths, no site packages, no start-up hooks: nothing that an agent left behind is loaded.
exec /usr/bin/python3 -I -S -B /tests/verify.py
"""
LIMITS = """\
[agent]
timeout_sec = 900.0

[verifier]
timeout_sec = 60.0

[environment]
docker_image = "python:3.11-bookworm"
network_mode = "no-network"
workdir = "/app"
cpus = 1
memory_mb = 512
storage_mb = 200
"""


def digests(files: Mapping[str, str | bytes]) -> dict[str, str]:
    """Name to SHA-256."""
    return {name: hashlib.sha256(content if isinstance(content, bytes) else content.encode()).hexdigest()
            for name, content in files.items()}


@dataclass(frozen=True)
class Tier:
    """One tier of a family: what task.toml says of it, and the function that makes an instance."""
    description: str
    difficulty: str
    trap: str
    build: Callable[[Instance], None]
    composes: tuple[str, ...] = ()  # of a composition: the families whose procedures it needs, in the order of need


@dataclass(frozen=True)
class Family:
    """A family lives in tasks/<role>/<name>/; `templates/<tier>/` there holds instruction.md and solve.sh."""
    home: Path
    keywords: tuple[str, ...]
    procedure: str
    tiers: Mapping[str, Tier]


class Instance:
    """One task directory while it is being written. `chance` is the only source of variety a builder may use."""

    def __init__(self, family: Family, tier: str, seed: int, place: Path) -> None:
        self.family, self.tier, self.seed, self.place = family, tier, seed, place
        self.chance = random.Random(f"{family.home.name} {tier} {seed}")

    def put(self, path: str, content: str | bytes) -> None:
        """Writes one file of the task; scripts become executable."""
        target = self.place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
        target.chmod(0o755 if target.suffix == ".sh" else 0o644)

    def put_inputs(self, directory: str, files: Mapping[str, str | bytes]) -> dict[str, str]:
        """Writes files (name to content) below /app/`directory`; gives name to SHA-256, for expect_untouched."""
        for name, content in files.items():
            self.put(f"environment/{directory}/{name}", content)
        return digests(files)

    def put_texts(self, **values: str) -> None:
        """instruction.md, solution/solve.sh and the template's environment/, with @name@ replaced by its value."""
        templates = self.family.home / "templates" / TIERS[self.tier]
        for source in sorted(path for path in templates.rglob("*") if path.is_file()):
            name = source.relative_to(templates).as_posix()
            target = "solution/solve.sh" if name == "solve.sh" else name
            self.put(target, re.sub(r"@([a-z_]+)@", lambda found: values[found[1]], source.read_text()))

    def put_tests(self, verifier: str, parts: tuple[str, ...] = (), expected: object = None) -> None:
        """tests/: the family's `verifier` as verify.py, `parts` of the family or the harness, and the truth."""
        self.put("tests/test.sh", TEST_SH)
        self.put("tests/verify.py", (self.family.home / verifier).read_bytes())
        for part in ("verdict.py", *parts):
            own = self.family.home / part
            self.put(f"tests/{part}", (own if own.exists() else HARNESS / part).read_bytes())
        if expected is not None:
            self.put("tests/expected.json", json.dumps(expected, ensure_ascii=False, indent=1) + "\n")

    def put_task_toml(self) -> None:
        home, tier = self.family.home, self.family.tiers[self.tier]
        name = f"{home.name}-{self.tier}" + (f"-{self.seed}" if self.seed else "")
        metadata = {"role": home.parent.name, "family": home.name, "tier": self.tier.upper(),
                    "split": "learning" if self.tier in LEARNING else "evaluation", "difficulty": tier.difficulty,
                    "seed": self.seed, "procedure": self.family.procedure, "trap": tier.trap}
        if tier.composes:
            metadata["composes"] = tier.composes
        # JSON's strings, numbers and lists are TOML's, too.
        lines = ['schema_version = "1.4"', "", "[task]", f'name = "executord/{name}"',
                 f"description = {json.dumps(tier.description)}", f"keywords = {json.dumps(self.family.keywords)}",
                 "", "[metadata]", *(f"{key} = {json.dumps(value)}" for key, value in metadata.items()), ""]
        self.put("task.toml", "\n".join(lines) + "\n" + LIMITS)


def generate(family: Family, tier: str, seed: int, place: Path) -> None:
    """Writes the task directory `place`; an older instance there is replaced, anything else is left alone."""
    if place.exists() and any(place.iterdir()) and not (place / "task.toml").is_file():
        raise SystemExit(f"{place} holds something that is no task: name a new or empty directory")
    if place.exists():
        shutil.rmtree(place)
    instance = Instance(family, tier, seed, place)
    instance.put_task_toml()
    family.tiers[tier].build(instance)


def main(family: Family) -> None:
    parser = argparse.ArgumentParser(description=f"Writes one instance of the family {family.home.name}.")
    parser.add_argument("--seed", type=int, required=True, help="0 is the instance kept in the repository")
    parser.add_argument("--tier", choices=sorted(family.tiers), required=True)
    parser.add_argument("--out", type=Path, required=True, help="the task directory to write")
    arguments = parser.parse_args()
    if arguments.seed < 0:
        parser.error("--seed: a number from 0 upwards")
    generate(family, arguments.tier, arguments.seed, arguments.out)
