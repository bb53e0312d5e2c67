#!/bin/sh
# The right board, and a register that makes the wrong one of it again.
cp -r /app/register /tmp/register
sh /solution/solve.sh
cp /tmp/register/* /app/register/
