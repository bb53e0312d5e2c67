#!/bin/sh
echo 'Hello, World!' > /app/hello.txt
