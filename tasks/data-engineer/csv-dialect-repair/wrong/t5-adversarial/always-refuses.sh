#!/bin/sh
echo 'import sys; sys.exit(3)' > /app/normalize.py
