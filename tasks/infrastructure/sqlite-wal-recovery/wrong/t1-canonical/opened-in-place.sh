#!/bin/sh
# Opens the evidence: closing it folds the log in and deletes it.
sed 's#/tmp/work/queue.db#/app/incident/queue.db#' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
