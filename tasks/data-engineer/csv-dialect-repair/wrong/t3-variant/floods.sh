#!/bin/sh
printf 'import os\nwhile True:\n    os.write(1, b"x" * 65536)\n' > /app/normalize.py
