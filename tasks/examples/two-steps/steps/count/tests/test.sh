#!/bin/sh
set -- /app/count.txt 3
. /tests/check.sh
