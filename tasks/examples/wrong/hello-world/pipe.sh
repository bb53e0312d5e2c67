#!/bin/sh
mkfifo /app/hello.txt
