#!/bin/sh
touch started
sleep 4321 &
setsid sleep 4321 &
sleep 4321
