"""Tries a program on all of cases/: python3 tools/accept.py PROGRAM"""
import subprocess
import sys
from pathlib import Path

failed = 0
for case in sorted((Path(__file__).resolve().parent.parent / "cases").iterdir()):
    words = (case / "options").read_text(encoding="utf-8").splitlines()
    done = subprocess.run([sys.executable, "-I", sys.argv[1], *words, str(case / "input.csv")], capture_output=True, check=False)
    passed = done.returncode == 0 and done.stdout == (case / "expected.txt").read_bytes()
    print("passed" if passed else "FAILED", case.name)
    failed += not passed
sys.exit(1 if failed else 0)
