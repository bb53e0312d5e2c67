#!/bin/sh
# Adds the second site's changes to the first one's, and leaves the table as that site showed it.
sed -e '/^merged.execute("DELETE FROM [^c]/d' -e 's/^merged.executemany(f"INSERT INTO/0 and &/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
