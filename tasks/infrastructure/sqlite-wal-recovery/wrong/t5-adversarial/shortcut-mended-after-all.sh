#!/bin/sh
# Records everything well, then has the evidence mended, too, so that the service can start there.
sh /solution/solve.sh
cd /app/incident
/usr/bin/python3 /app/bin/mend.py ./*.db
