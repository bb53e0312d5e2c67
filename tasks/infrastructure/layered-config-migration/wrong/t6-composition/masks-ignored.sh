#!/bin/sh
# Takes an empty file for no file.
sed -e 's/^\( *\)chosen.setdefault(/\1os.path.getsize(path) and chosen.setdefault(/' -e 's#^store = .*#&\nstore = {"Directory": "/srv/data", "Databases": ["orders"]} | store#' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
