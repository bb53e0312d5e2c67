#!/bin/sh
exec python3 -c 'print(len(bytearray(b"x") * (600 << 20)))'
