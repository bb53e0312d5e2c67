import asyncio
import io
import os
import threading
import unittest

import package_path  # noqa: F401
from fake_daemon import FakeDaemon, Refusal, outcome, piece, session_info

import executord


def opened(daemon, **more):
    return executord.Session.open(executord.Connection.connect(daemon.path, start=False), **more)


class SessionTests(unittest.TestCase):
    def daemon(self, **handlers):
        handlers = {"session_open": lambda params, fds: session_info(), **handlers}
        handlers.setdefault("session_close", lambda params, fds: {"summary": {"phase": "finished"}})
        daemon = FakeDaemon(**handlers)
        self.addCleanup(daemon.__exit__)
        return daemon

    def test_open_sends_what_was_said_and_nothing_else(self):
        daemon = self.daemon()
        session = opened(daemon, image="host", memory_bytes=1 << 28, user=1000)
        self.assertEqual(
            daemon.seen[-1][1],
            {"sandbox": {"image": "host", "memoryBytes": 1 << 28, "network": "no-network", "user": "1000"}},
        )
        self.assertEqual(session.info.working_directory, "/work")

    def test_a_string_is_a_shells_and_a_list_is_a_program(self):
        daemon = self.daemon(action_exec=lambda params, fds: outcome())
        session = opened(daemon)
        session.exec("a | b", env={"X": "1"}, cwd="d", user="nobody", timeout=2.5)
        session.exec(["a", "b"])
        shell, program = (params for method, params, _ in daemon.seen if method == "action.exec")
        self.assertEqual((shell["shell"], shell["environment"], shell["cwd"]), ("a | b", {"X": "1"}, "d"))
        self.assertEqual((shell["user"], shell["timeoutSeconds"]), ("nobody", 2.5))
        self.assertEqual((program["argv"], "shell" in program), (["a", "b"], False))

    def test_output_beyond_a_frame_is_fetched(self):
        rest = {3: piece("def", 3, 8, 6), 6: piece("gh", 6, 8)}
        daemon = self.daemon(
            action_exec=lambda params, fds: outcome(7, stdout=piece("abc", 0, 8, 3)),
            action_output=lambda params, fds: rest[params["offset"]],
        )
        result = opened(daemon).exec("x")
        self.assertEqual((result.stdout, result.output.total_bytes), ("abcdefgh", 8))
        self.assertEqual(daemon.methods()[-2:], ["action.output", "action.output"])

    def test_exits_have_the_numbers_that_a_shell_shows(self):
        for exit, status in (
            ({"kind": "exited", "code": 3}, 3),
            ({"kind": "signaled", "signal": 15}, 143),
            ({"kind": "limit", "limit": "wallClock"}, 124),
            ({"kind": "limit", "limit": "memory"}, 137),
            ({"kind": "notStarted", "reason": "no", "errno": 2}, 127),
            ({"kind": "notStarted", "reason": "no", "errno": 13}, 126),
        ):
            result = opened(self.daemon(action_exec=lambda params, fds, exit=exit: outcome(exit=exit))).exec("x")
            self.assertEqual((result.status, result.succeeded), (status, False))

    def test_much_input_goes_through_a_pipe_and_little_through_the_frame(self):
        def count(params, fds):
            data = open(fds[0], "rb", closefd=False).read() if fds else params["stdin"]["text"].encode()
            return outcome(stdout=piece(str(len(data))))

        daemon = self.daemon(action_exec=count)
        session = opened(daemon)
        for data, descriptors in ((b"abc", 0), (b"a" * 5_000_000, 1), (io.BytesIO(b"b" * 70_000), 1)):
            size = len(data) if isinstance(data, bytes) else len(data.getvalue())
            self.assertEqual(session.exec(["wc"], stdin=data).stdout, str(size))
            self.assertEqual(daemon.seen[-1][2], descriptors)

    def test_a_reader_that_stops_early_is_told_by_its_own_answer(self):
        def refuse(params, fds):
            raise Refusal(-32050, "fileFailed", "/full: No space left on device", reason="ENOSPC")

        with self.assertRaises(executord.FileFailed) as caught:
            opened(self.daemon(action_write=refuse)).write("/full", b"x" * 5_000_000)
        self.assertEqual(caught.exception.reason, "ENOSPC")

    def test_a_large_file_is_read_through_a_pipe_and_not_beyond_the_limit(self):
        content = os.urandom(3_000_000)

        def read(params, fds):
            if not fds:
                return {"base64": "AAAA", "size": len(content), "nextOffset": 3}
            try:
                with open(fds[0], "wb", closefd=False) as stream:
                    stream.write(content)
            except BrokenPipeError:
                pass
            return {"size": len(content)}

        session = opened(self.daemon(action_read=read))
        self.assertEqual(session.read("big"), content)
        with self.assertRaises(executord.FileTooLarge):
            session.read("big", limit=1000)

    def test_bytes_that_are_no_text_travel_as_base64(self):
        daemon = self.daemon(
            action_write=lambda params, fds: {"size": 2}, action_read=lambda params, fds: {"base64": "wyg=", "size": 2}
        )
        session = opened(daemon)
        session.write("f", b"\xc3\x28", mode=0o755)
        params = daemon.seen[-1][1]
        self.assertEqual((params["base64"], params["mode"], "text" in params), ("wyg=", "755", False))
        self.assertEqual(session.read("f"), b"\xc3\x28")

    def test_leaving_closes_once_and_not_after_submit(self):
        daemon = self.daemon(session_submit=lambda params, fds: {"summary": {"outcome": "passed"}, "verdict": {}})
        with opened(daemon) as session:
            self.assertEqual(session.submit(exception=("AgentTimeoutError", "slow")).summary["outcome"], "passed")
        self.assertEqual(daemon.seen[-1][1]["exception"], {"type": "AgentTimeoutError", "message": "slow"})
        with opened(daemon) as session:
            session.close()
        self.assertEqual(daemon.methods().count("session.close"), 1)


class AsyncSessionTests(unittest.TestCase):
    def run_with(self, body, **handlers):
        handlers = {"session_open": lambda params, fds: session_info(), **handlers}
        handlers.setdefault("session_close", lambda params, fds: {"summary": {}})
        with FakeDaemon(**handlers) as daemon:

            async def main():
                async with await executord.AsyncConnection.connect(daemon.path, start=False) as connection:
                    async with await executord.AsyncSession.open(connection) as session:
                        await body(session)

            asyncio.run(main())
            return daemon

    def test_a_cancelled_exec_has_killed_and_waited(self):
        killed = threading.Event()

        def wait(params, fds):
            killed.wait(10)
            return outcome(exit={"kind": "cancelled"})

        def kill(params, fds):
            killed.set()
            return {}

        async def body(session):
            with self.assertRaises(asyncio.TimeoutError):
                await asyncio.wait_for(session.exec("sleep 100"), 0.2)
            self.assertTrue(killed.is_set())

        daemon = self.run_with(
            body, action_start=lambda params, fds: {"action": 9}, action_wait=wait, action_kill=kill
        )
        kills = [params for method, params, _ in daemon.seen if method == "action.kill"]
        self.assertEqual([(params["action"], params["signal"]) for params in kills], [(9, "KILL")])

    def test_cancelled_before_the_number_is_known_it_is_killed_too(self):
        begun, go_on, killed = threading.Event(), threading.Event(), threading.Event()

        def start(params, fds):
            begun.set()
            go_on.wait(10)
            return {"action": 4}

        def kill(params, fds):
            killed.set()
            return {}

        async def body(session):
            running = asyncio.ensure_future(session.exec("sleep 100"))
            await asyncio.to_thread(begun.wait, 10)
            running.cancel()
            await asyncio.sleep(0)
            go_on.set()
            with self.assertRaises(asyncio.CancelledError):
                await running
            self.assertTrue(killed.is_set())

        self.run_with(
            body,
            action_start=start,
            action_wait=lambda params, fds: outcome(exit={"kind": "cancelled"}),
            action_kill=kill,
        )

    def test_output_is_told_while_it_comes_in_whole_characters(self):
        parts = {
            ("stdout", 0): {"base64": "YcM=", "offset": 0, "totalBytes": 2, "omittedBytes": 0, "nextOffset": 2},
            ("stdout", 2): {"base64": "qQ==", "offset": 2, "totalBytes": 3, "omittedBytes": 0},
            ("stderr", 0): piece(""),
        }
        told = []

        async def on_output(text, stream):
            told.append((text, stream))

        async def body(session):
            result = await session.exec("x", on_output=on_output)
            self.assertEqual(result.stdout, "aé")

        self.run_with(
            body,
            action_start=lambda params, fds: {"action": 1},
            action_output=lambda params, fds: parts[(params["stream"], params["offset"])],
            action_wait=lambda params, fds: outcome(stdout=piece("aé", 0, 3)),
        )
        self.assertEqual(told, [("a", "stdout"), ("é", "stdout")])

    def test_what_cannot_be_started_is_a_result_as_with_exec(self):
        def start(params, fds):
            raise Refusal(-32020, "sandboxFailed", "not started: execve x: No such file", reason="ENOENT")

        async def body(session):
            result = await session.exec(["x"])
            self.assertEqual((result.exit.kind, result.status), ("notStarted", 127))

        self.run_with(body, action_start=start)

    def test_a_daemon_lost_meanwhile_is_an_error_and_no_hang(self):
        async def body(session):
            running = asyncio.ensure_future(session.exec("x"))
            while "action.wait" not in daemons[-1].methods():
                await asyncio.sleep(0.01)
            daemons[-1].connections[-1].shutdown(2)
            with self.assertRaises(executord.ConnectionLost):
                await asyncio.wait_for(running, 10)

        daemons = []
        with FakeDaemon(
            session_open=lambda params, fds: session_info(),
            action_start=lambda params, fds: {"action": 1},
            action_wait=lambda params, fds: FakeDaemon.silence,
        ) as daemon:
            daemons.append(daemon)

            async def main():
                connection = await executord.AsyncConnection.connect(daemon.path, start=False)
                async with await executord.AsyncSession.open(connection) as session:
                    await body(session)

            asyncio.run(main())


if __name__ == "__main__":
    unittest.main()
