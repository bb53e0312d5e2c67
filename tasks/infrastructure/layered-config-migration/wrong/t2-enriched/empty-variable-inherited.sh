#!/bin/sh
# A variable that was set to nothing keeps its general value.
sed 's/^            found.update(line.split("=", 1) for line in lines)/            found.update(line.split("=", 1) for line in lines if line.split("=", 1)[1])/' /solution/solve.sh > /tmp/solve.sh
sh /tmp/solve.sh
