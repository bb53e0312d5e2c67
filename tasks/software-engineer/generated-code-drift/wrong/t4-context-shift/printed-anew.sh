#!/bin/sh
# Prints the board, sees that it agrees with the round, and has lost what was written in pencil.
cd /app
sh tools/board.sh > /tmp/board.txt
cp /tmp/board.txt board/board.txt
