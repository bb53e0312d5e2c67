#!/bin/sh
# Prints the board: sh tools/board.sh > board/board.txt
cd "$(dirname "$0")/.."
echo "CHURCH CHOIR: locker, singer, deposit"
echo
sed 1d register/lockers.csv | LC_ALL=C sort -t ';' -k 1,1n | while IFS=';' read -r number who figure since; do
    printf '%4s  %-22s %8s\n' "$number" "$who" "$figure"
done
