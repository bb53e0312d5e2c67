#!/usr/bin/env python3
"""Asks for one page by a host on the list, by one that is not, and without the proxy; PORT is written in by the check."""
import os
import socket
import urllib.error
import urllib.request

proxy = urllib.request.build_opener(urllib.request.ProxyHandler({"http": os.environ["HTTP_PROXY"]}))


def ask(host):
    try:
        return proxy.open(f"http://{host}:PORT/", timeout=10).read().decode()
    except urllib.error.HTTPError as error:
        return str(error.code)


def connect():
    try:
        socket.create_connection(("127.0.0.1", PORT), timeout=5)
    except OSError:
        return "refused"
    return "connected"


# No proxy for this machine's own names, and ours is one of them.
for name in ("no_proxy", "NO_PROXY"):
    os.environ.pop(name, None)
with open("/app/answers", "w", encoding="utf-8") as answers:
    print(ask("127.0.0.1"), ask("127.0.0.2"), connect(), sep="\n", file=answers)
