"""Compares what /app/normalize.py makes of the samples with the tables that were made by hand."""
import pathlib
import subprocess
import sys

agreed = 0
samples = sorted(pathlib.Path("/app/samples").iterdir())
for sample in samples:
    made = subprocess.run([sys.executable, "-I", "/app/normalize.py", sample], capture_output=True, check=False).stdout
    same = made.replace(b"\r\n", b"\n") == pathlib.Path("/app/by-hand", sample.name).read_bytes().replace(b"\r\n", b"\n")
    agreed += same
    print(sample.name, "agrees" if same else "differs")
print(f"{agreed} of {len(samples)} agree")
sys.exit(agreed != len(samples))
