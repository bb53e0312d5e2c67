#!/bin/bash
# Runs in the working directory before the agent is let in again.
set -eu
cd "$(dirname "$0")"
cat late.txt >> orders.txt
rm late.txt setup.sh
