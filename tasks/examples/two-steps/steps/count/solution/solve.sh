#!/bin/sh
set -eu
cd /app
grep -c . orders.txt > count.txt
