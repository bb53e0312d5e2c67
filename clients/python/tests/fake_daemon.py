"""A daemon that says what a test tells it to."""

import array
import json
import os
import shutil
import socket
import tempfile
import threading


class Refusal(Exception):
    """The fake's answer is this error."""

    def __init__(self, code, name, message, **data):
        super().__init__(message)
        self.error = {"code": code, "message": message, "data": {"name": name, **data}}


class FakeDaemon:
    """Serves every connection on a thread; `handlers` are called with (params, descriptors) by method.

    A handler's result is the answer, a `Refusal` an error, and `silence` no answer.
    """

    silence = object()

    def __init__(self, cut=None, **handlers):
        self.folder = tempfile.mkdtemp(prefix="executord-")
        self.path = self.folder + "/socket"
        self.handlers = {"daemon.hello": lambda params, fds: {"version": "fake", "maximumFrameBytes": 1 << 20}}
        self.handlers.update({name.replace("_", "."): handler for name, handler in handlers.items()})
        #: Answers are sent in pieces of so many bytes.
        self.cut = cut
        #: (method, params, number of descriptors that the envelope names)
        self.seen = []
        self.connections = []
        self.sending = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.connections:
            connection.close()
        shutil.rmtree(self.folder)

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        buffer, waiting = b"", []
        while True:
            try:
                data, ancillary, _, _ = connection.recvmsg(1 << 16, socket.CMSG_SPACE(16 * 4))
            except OSError:
                return
            if not data:
                return
            for _, _, content in ancillary:
                numbers = array.array("i")
                numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
                waiting.extend(numbers)
            buffer += data
            while b"\n" in buffer:
                line, buffer = buffer.split(b"\n", 1)
                frame = json.loads(line)
                count = frame.get("descriptors", 0)
                taken, waiting = waiting[:count], waiting[count:]
                threading.Thread(target=self.answer, args=(connection, frame, taken), daemon=True).start()

    def answer(self, connection, frame, descriptors):
        params = frame.get("params", {})
        self.seen.append((frame["method"], params, frame.get("descriptors", 0)))
        reply = {"jsonrpc": "2.0", "id": frame["id"]}
        try:
            result = self.handlers[frame["method"]](params, descriptors)
            if result is self.silence:
                return
            reply["result"] = result
        except Refusal as refusal:
            reply["error"] = refusal.error
        finally:
            for descriptor in descriptors:
                try:
                    os.close(descriptor)
                except OSError:
                    pass
        self.send(connection, reply)

    def send(self, connection, message):
        frame = json.dumps(message).encode() + b"\n"
        with self.sending:
            for start in range(0, len(frame), self.cut or len(frame)):
                connection.sendall(frame[start : start + (self.cut or len(frame))])

    def notify(self, method, params):
        self.send(self.connections[-1], {"jsonrpc": "2.0", "method": method, "params": params})

    def methods(self):
        return [method for method, _, _ in self.seen if method != "daemon.hello"]


def session_info(**more):
    trial = {"trial": "sandbox__AbCdEfG", "job": "j", "workingDirectory": "/work", "user": "root"}
    return {"session": "ab" * 32, **trial, **more}


def outcome(action=1, exit=None, stdout=None, stderr=None):
    empty = {"text": "", "offset": 0, "totalBytes": 0, "omittedBytes": 0}
    return {
        "action": action,
        "exit": exit or {"kind": "exited", "code": 0},
        "cost": {"wallMilliseconds": 1.5, "oomKills": 0},
        "stdout": stdout or empty,
        "stderr": stderr or empty,
    }


def piece(text, offset=0, total=None, next_offset=None):
    value = {"text": text, "offset": offset, "totalBytes": total or len(text), "omittedBytes": 0}
    return value if next_offset is None else {**value, "nextOffset": next_offset}
