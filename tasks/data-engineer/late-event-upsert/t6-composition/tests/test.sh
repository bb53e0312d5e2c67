#!/bin/sh
# Absolute paths, no site packages, no start-up hooks: nothing that an agent left behind is loaded.
exec /usr/bin/python3 -I -S -B /tests/verify.py
