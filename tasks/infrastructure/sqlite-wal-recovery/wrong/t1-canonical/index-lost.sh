#!/bin/sh
# Copies the rows into a new table and forgets the rest of the schema.
sh /solution/solve.sh
/usr/bin/python3 -I -c 'import sqlite3; sqlite3.connect("/app/recovered/queue.db").execute("DROP INDEX jobs_by_state")'
