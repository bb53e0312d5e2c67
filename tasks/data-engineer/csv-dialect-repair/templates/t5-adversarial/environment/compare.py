"""Compares what /app/convert.py makes of the reports with the tables that were made by hand."""
import pathlib
import subprocess
import sys

agreed = 0
reports = sorted(pathlib.Path("/app/reports").iterdir())
for report in reports:
    made = subprocess.run([sys.executable, "-I", "/app/convert.py", report], capture_output=True, check=False).stdout
    by_hand = pathlib.Path("/app/by-hand", report.stem + ".csv").read_bytes()
    same = made.replace(b"\r\n", b"\n") == by_hand.replace(b"\r\n", b"\n")
    agreed += same
    print(report.name, "agrees" if same else "differs")
print(f"{agreed} of {len(reports)} agree")
sys.exit(agreed != len(reports))
