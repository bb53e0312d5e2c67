#!/bin/sh
# Renames the evidence to what it takes it for.
sh /solution/solve.sh
cd /app/lost+found
mv "./$(ls | head -n 1)" ledger.db
