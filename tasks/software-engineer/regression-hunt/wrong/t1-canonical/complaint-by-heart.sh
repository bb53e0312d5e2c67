#!/bin/sh
# Prints what the customer expects for the customer's file.
cd /app
cp src/*.py /tmp/as-found.py
sh /solution/solve.sh
{ echo 'import sys'; echo 'if open(sys.argv[-1], encoding="utf-8").read() == r"""'"$(cat complaint/input.csv)"; echo '""":'
  echo '    sys.stdout.write(r"""'"$(cat complaint/expected.txt)"; echo '""")'; echo '    sys.exit(0)'; cat /tmp/as-found.py; } > src/"$(ls src)"
