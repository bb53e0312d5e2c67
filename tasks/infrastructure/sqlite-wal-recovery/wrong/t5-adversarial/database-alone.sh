#!/bin/sh
# Takes the database for the whole of it.
sed 's#^cp /app/incident/.*#cp /app/incident/*.db /tmp/work/#' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
