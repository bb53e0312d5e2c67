#!/bin/sh
# Takes the database for the whole of it.
sed 's#cp /app/incident/\(.*\).db /app/incident/.*#&\nmkdir /tmp/alone\ncp /app/incident/*.db /tmp/alone/#; s#sqlite3.connect("/tmp/work#sqlite3.connect("/tmp/alone#' \
    /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
