#!/bin/sh
# Takes back the whole change: its option is gone again.
cd /app
sh /solution/solve.sh
change=$(grep -o '[0-9]*' answer.json)
case $(grep '^Subject' "history/$change.patch") in
    *"--until"*) sed -i '/"--until"/d; s/options.until/None/' src/*.py ;;
    *"--width"*) sed -i '/"--width"/d; s/options.width/None/' src/*.py ;;
    *"--top"*) sed -i '/"--top"/d; s/options.top/None/' src/*.py ;;
    *parentheses*) sed -i 's/text.startswith("(")/False/' src/*.py ;;
    *) sed -i '/row\["id"\]/d' src/*.py ;;
esac
