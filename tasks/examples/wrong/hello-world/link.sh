#!/bin/sh
echo 'Hello, world!' > /app/text; ln -s text /app/hello.txt
