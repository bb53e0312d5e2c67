#!/bin/sh
printf 'Hello, world!\nDone.' > /app/hello.txt
