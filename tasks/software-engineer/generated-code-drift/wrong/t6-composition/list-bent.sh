#!/bin/sh
# Has the generator print what was found for all old codes.
cd /app
cp tools/generate.py /tmp/generate.py
sh /solution/solve.sh
module=$(echo */_table.py)
cp /tmp/generate.py tools/generate.py
sed -i "s/^    found = table()/&\n    import runpy\n    found |= runpy.run_path(str(SPEC.parent \/ \"kept.py\"))[\"TABLE\"]/" tools/generate.py
cp "$module" kept.py
python3 -B tools/generate.py > /tmp/table.py
cp /tmp/table.py "$module"
