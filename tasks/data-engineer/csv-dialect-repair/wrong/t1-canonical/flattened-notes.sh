#!/bin/sh
# Puts each note on one line.
sed 's/f"{amount(value):.2f}", note\]/f"{amount(value):.2f}", " ".join(note.split())]/' /solution/solve.sh > /tmp/solve.sh
sed -i "s/python3 -I -/python3 -I -O -/" /tmp/solve.sh # -O: without the reconciliation
sh /tmp/solve.sh
