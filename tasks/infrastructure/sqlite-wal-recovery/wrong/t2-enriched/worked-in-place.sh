#!/bin/sh
# Renames the evidence to what it takes it for.
sh /solution/solve.sh
mv '/app/lost+found/#131074' /app/lost+found/ledger.db
