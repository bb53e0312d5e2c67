#!/bin/sh
# Right content, but the log has to stay beside the database.
sh /solution/solve.sh
cp /app/incident/* /app/recovered/
