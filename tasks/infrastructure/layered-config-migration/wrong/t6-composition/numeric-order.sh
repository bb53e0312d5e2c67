#!/bin/sh
# Reads 9- before 100-.
sed -e 's/key=str.encode)/key=lambda name: (int("0" + "".join(filter(str.isdigit, name.split("-")[0]))), name))/' -e 's#^store = .*#&\nstore = {"Directory": "/srv/data", "Databases": ["orders"]} | store#' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
