#!/bin/sh
# An instance's drop-in beats a general one in whatever root.
sed 's/^    for root in ("etc", "run", "usr\/lib"):/    for root, directory in [(r, d) for d in (f"{SERVICE}@{instance}.conf.d", f"{SERVICE}.conf.d") for r in ("etc", "run", "usr\/lib")]:/; s/^        for directory in (f.*/        if True:/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
