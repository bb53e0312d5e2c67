#!/bin/sh
set -- /app/report.txt '3 5'
. /tests/check.sh
