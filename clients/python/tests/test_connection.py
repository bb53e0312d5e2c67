import os
import threading
import unittest

import package_path  # noqa: F401
from fake_daemon import FakeDaemon, Refusal

import executord
from executord import streams
from executord.errors import error_from_wire


class ConnectionTests(unittest.TestCase):
    def test_answers_cut_anywhere_are_put_together(self):
        text = "é☽" * 500
        for cut in (1, 2, 3, 7):
            with FakeDaemon(cut=cut, echo=lambda params, fds: params) as daemon:
                with executord.Connection.connect(daemon.path, start=False) as connection:
                    self.assertEqual(connection.request("echo", {"text": text}), {"text": text})

    def test_answers_may_come_in_another_order(self):
        release = threading.Event()

        def slow(params, fds):
            release.wait(10)
            return "slow"

        with FakeDaemon(slow=slow, quick=lambda params, fds: "quick") as daemon:
            with executord.Connection.connect(daemon.path, start=False) as connection:
                waiting = connection.submit("slow")
                self.assertEqual(connection.request("quick"), "quick")
                self.assertFalse(waiting.done())
                release.set()
                self.assertEqual(waiting.result(10), "slow")

    def test_threads_share_a_connection(self):
        with FakeDaemon(cut=5, double=lambda params, fds: params["n"] * 2) as daemon:
            with executord.Connection.connect(daemon.path, start=False) as connection:
                right = []

                def ask(n):
                    for k in range(20):
                        if connection.request("double", {"n": n * 100 + k}) == 2 * (n * 100 + k):
                            right.append((n, k))

                threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                self.assertEqual(len(right), 160)

    def test_a_descriptor_arrives_with_its_frame_and_is_closed_here(self):
        def read(params, fds):
            with open(fds[0], "rb") as stream:
                return len(stream.read())

        with FakeDaemon(take=read) as daemon:
            with executord.Connection.connect(daemon.path, start=False) as connection:
                descriptor, fed = streams.feeding(streams.writing(b"x" * 3_000_000))
                # The stream ends only when nobody else holds its other end.
                self.assertEqual(connection.request("take", {}, [descriptor], timeout=20), 3_000_000)
                fed.result(10)
                self.assertEqual(daemon.seen[-1][2], 1)
                with self.assertRaises(OSError):
                    os.fstat(descriptor)

    def test_a_frame_too_large_is_refused_here_and_takes_no_descriptor_along(self):
        with FakeDaemon() as daemon:
            with executord.Connection.connect(daemon.path, start=False) as connection:
                ours, theirs = os.pipe()
                with self.assertRaises(executord.FrameTooLarge) as caught:
                    connection.request("big", {"text": "x" * (1 << 20)}, [theirs])
                self.assertIn("big", str(caught.exception))
                with open(ours, "rb") as stream:
                    self.assertEqual(stream.read(), b"")
                self.assertEqual(daemon.methods(), [])

    def test_errors_are_classes_with_cause_and_remedy(self):
        def refuse(params, fds):
            raise Refusal(-32011, "taskRefused", "it wants a network", reason="networkUnavailable", remedy="none")

        with FakeDaemon(task_check=refuse) as daemon:
            with executord.Connection.connect(daemon.path, start=False) as connection:
                with self.assertRaises(executord.TaskRefused) as caught:
                    connection.request("task.check")
                error = caught.exception
                self.assertEqual((error.code, error.reason, error.remedy), (-32011, "networkUnavailable", "none"))
                self.assertIn("remedy: none", str(error))

    def test_file_errors_are_pythons_own(self):
        for reason, kind in (("ENOENT", FileNotFoundError), ("EACCES", PermissionError), ("EISDIR", IsADirectoryError)):
            error = error_from_wire(
                {"code": -32050, "message": "no", "data": {"name": "fileFailed", "reason": reason}}, {"path": "/a"}
            )
            self.assertIsInstance(error, kind)
            self.assertIsInstance(error, executord.FileFailed)
            self.assertEqual((error.filename, error.reason), ("/a", reason))

    def test_an_unknown_error_is_an_error_all_the_same(self):
        error = error_from_wire({"code": -32099, "message": "new", "data": {"name": "somethingNew"}}, {})
        self.assertIs(type(error), executord.ExecutordError)
        self.assertEqual(error.name, "somethingNew")

    def test_notifications_reach_those_who_subscribed(self):
        with FakeDaemon(poke=lambda params, fds: {}) as daemon:
            with executord.Connection.connect(daemon.path, start=False) as connection:
                seen = []

                def fail(method, params):
                    raise RuntimeError("a handler's fault is its own")

                connection.subscribe(fail)
                unsubscribe = connection.subscribe(lambda method, params: seen.append((method, params)))
                with self.assertLogs("executord.connection", "ERROR"):
                    daemon.notify("trial.event", {"n": 1})
                    connection.request("poke")
                unsubscribe()
                with self.assertLogs("executord.connection", "ERROR"):
                    daemon.notify("trial.event", {"n": 2})
                    connection.request("poke")
                self.assertEqual(seen, [("trial.event", {"n": 1})])

    def test_a_daemon_that_goes_away_fails_what_waits_and_what_comes(self):
        with FakeDaemon(wait=lambda params, fds: FakeDaemon.silence) as daemon:
            connection = executord.Connection.connect(daemon.path, start=False)
            waiting = connection.submit("wait")
            while "wait" not in daemon.methods():
                pass
            daemon.connections[-1].shutdown(2)
            with self.assertRaises(executord.ConnectionLost):
                waiting.result(10)
            with self.assertRaises(ConnectionError):
                connection.request("wait")
            connection.close()

    def test_an_answer_that_is_no_json_ends_the_connection(self):
        with FakeDaemon(wait=lambda params, fds: FakeDaemon.silence) as daemon:
            with executord.Connection.connect(daemon.path, start=False) as connection:
                waiting = connection.submit("wait")
                daemon.connections[-1].sendall(b"{nonsense\n")
                with self.assertRaises(executord.ProtocolError):
                    waiting.result(10)

    def test_no_thread_or_descriptor_stays(self):
        with FakeDaemon() as daemon:
            executord.Connection.connect(daemon.path, start=False).close()
            threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))
            for _ in range(5):
                connection = executord.Connection.connect(daemon.path, start=False)
                connection.close()
                daemon.connections.pop().close()
            while threading.active_count() > threads:
                pass
            self.assertLessEqual(len(os.listdir("/proc/self/fd")), files)


if __name__ == "__main__":
    unittest.main()
