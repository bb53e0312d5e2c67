import os
import stat
import tempfile
import unittest
from unittest import mock

import package_path  # noqa: F401

import executord
from executord.location import candidates, state_directory


def paths(**environment):
    return [(place.kind, place.path) for place in candidates(None, environment)]


class LocationTests(unittest.TestCase):
    def test_a_named_socket_is_the_only_place(self):
        self.assertEqual(paths(EXECUTORD_SOCKET="/a", EXECUTORD_STATE="/s", HOME="/h"), [("named", "/a")])
        self.assertEqual(candidates("/b", {"EXECUTORD_SOCKET": "/a"})[0].path, "/b")

    def test_a_named_state_means_its_daemon(self):
        self.assertEqual(paths(EXECUTORD_STATE="/s", HOME="/h"), [("embedded", "/s/executord.sock")])

    def test_else_the_systems_the_users_and_an_embedded_one(self):
        self.assertEqual(
            paths(XDG_RUNTIME_DIR="/run/user/7", HOME="/h"),
            [
                ("system", "/run/executord/executord.sock"),
                ("user", "/run/user/7/executord/executord.sock"),
                ("embedded", "/h/.local/state/executord/executord.sock"),
            ],
        )
        self.assertEqual(state_directory({"XDG_STATE_HOME": "/x", "HOME": "/h"}), "/x/executord")
        self.assertIsNone(state_directory({}))

    def test_nobody_there_says_where_it_looked_and_what_to_do(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(
            os.environ, {"EXECUTORD_STATE": folder + "/state", "PATH": folder}
        ):
            os.environ.pop("EXECUTORD_SOCKET", None)
            with self.assertRaises(executord.DaemonUnreachable) as caught:
                executord.Connection.connect()
            self.assertIn(folder + "/state/executord.sock", str(caught.exception))
            self.assertIn("remedy:", str(caught.exception))
            self.assertFalse(os.path.exists(folder + "/state"))

    def test_a_named_socket_is_never_replaced(self):
        with tempfile.TemporaryDirectory() as folder, mock.patch.dict(os.environ, {"EXECUTORD_SOCKET": folder + "/no"}):
            with self.assertRaises(ConnectionError) as caught:
                executord.Connection.connect()
            self.assertIn(folder + "/no", str(caught.exception))

    def test_a_daemon_that_says_why_it_does_not_start_is_quoted(self):
        with tempfile.TemporaryDirectory() as folder:
            program = folder + "/executord"
            with open(program, "w", encoding="utf-8") as file:
                file.write('#!/bin/sh\necho "error no room: $*" >&"$5"\n')
            os.chmod(program, stat.S_IRWXU)
            environment = {"EXECUTORD_STATE": folder + "/state", "PATH": folder + ":/usr/bin:/bin"}
            with mock.patch.dict(os.environ, environment):
                os.environ.pop("EXECUTORD_SOCKET", None)
                with self.assertRaises(executord.DaemonUnreachable) as caught:
                    executord.Connection.connect()
            self.assertIn(f"no room: --embedded --state {folder}/state --ready-fd", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
