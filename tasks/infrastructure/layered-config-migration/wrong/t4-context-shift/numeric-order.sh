#!/bin/sh
# Reads 9- before 100-.
sed 's/key=str.encode)/key=lambda name: (int("0" + "".join(filter(str.isdigit, name.split("-")[0]))), name))/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
