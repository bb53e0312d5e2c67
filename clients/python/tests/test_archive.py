import io
import os
import tarfile
import tempfile
import unittest

import package_path  # noqa: F401

from executord import archive


def tar(*members):
    """(name, type, content or link) as a tar stream."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as out:
        for name, kind, content in members:
            member = tarfile.TarInfo(name)
            member.type, member.mode = kind, 0o777
            if kind == tarfile.REGTYPE:
                member.size = len(content)
                out.addfile(member, io.BytesIO(content))
            else:
                member.linkname = content
                out.addfile(member)
    stream.seek(0)
    return stream


class ArchiveTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.outside = os.path.join(folder.name, "outside")
        self.target = os.path.join(folder.name, "target")
        os.mkdir(self.outside)
        os.mkdir(self.target)

    def unpack(self, *members):
        return archive.unpack(self.target)(tar(*members))

    def assert_nothing_outside(self):
        self.assertEqual(os.listdir(self.outside), [])
        self.assertEqual(sorted(os.listdir(os.path.dirname(self.target))), ["outside", "target"])

    def test_a_directory_comes_back_as_it_was(self):
        source = os.path.join(self.outside, "source")
        os.makedirs(source + "/empty")
        os.makedirs(source + "/a/b")
        with open(source + "/a/b/run.sh", "wb") as file:
            file.write(b"\x00\xffdata")
        os.chmod(source + "/a/b/run.sh", 0o755)
        os.link(source + "/a/b/run.sh", source + "/second")
        os.symlink("a/b", source + "/link")
        os.mkfifo(source + "/fifo")
        stream = io.BytesIO()
        archive.pack(source)(stream)
        stream.seek(0)
        unpacked = archive.unpack(self.target)(stream)
        self.assertEqual(unpacked.skipped, ())
        with open(self.target + "/link/run.sh", "rb") as file:
            self.assertEqual(file.read(), b"\x00\xffdata")
        with open(self.target + "/second", "rb") as file:
            self.assertEqual(file.read(), b"\x00\xffdata")
        self.assertTrue(os.access(self.target + "/a/b/run.sh", os.X_OK))
        self.assertTrue(os.path.isdir(self.target + "/empty"))
        self.assertFalse(os.path.exists(self.target + "/fifo"))

    def test_names_that_lead_outside_are_left_out(self):
        unpacked = self.unpack(("../outside/a", tarfile.REGTYPE, b"x"), ("a/../../outside/b", tarfile.REGTYPE, b"x"))
        self.assertEqual(len(unpacked.skipped), 2)
        self.assert_nothing_outside()

    def test_an_absolute_name_stays_below(self):
        self.unpack(("/etc/made", tarfile.REGTYPE, b"x"))
        self.assertTrue(os.path.exists(self.target + "/etc/made"))

    def test_a_link_is_not_written_through(self):
        self.unpack(("way", tarfile.SYMTYPE, "../outside"), ("way/planted", tarfile.REGTYPE, b"x"))
        self.assert_nothing_outside()
        # Its control: the way leads there.
        self.assertEqual(os.path.realpath(self.target + "/../outside"), os.path.realpath(self.outside))

    def test_links_that_lead_outside_do_not_stay_nor_do_chains(self):
        self.unpack(
            ("absolute", tarfile.SYMTYPE, self.outside),
            ("relative", tarfile.SYMTYPE, "../outside"),
            ("top/p", tarfile.SYMTYPE, ".."),
            ("chain", tarfile.SYMTYPE, "top/p/../outside"),
            ("inside", tarfile.SYMTYPE, "top"),
        )
        links = sorted(name for name in os.listdir(self.target) if os.path.islink(os.path.join(self.target, name)))
        self.assertEqual(links, ["inside"])

    def test_a_link_that_was_there_is_replaced_and_not_followed(self):
        os.symlink(self.outside, self.target + "/way")
        self.unpack(("way/planted", tarfile.REGTYPE, b"x"))
        self.assert_nothing_outside()
        self.assertTrue(os.path.isfile(self.target + "/way/planted"))

    def test_hard_links_and_devices_are_left_out(self):
        unpacked = self.unpack(("hard", tarfile.LNKTYPE, "/etc/passwd"), ("null", tarfile.CHRTYPE, ""))
        self.assertEqual((unpacked.skipped, os.listdir(self.target)), (("hard", "null"), []))

    def test_no_set_uid_and_nothing_unreadable(self):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as out:
            member = tarfile.TarInfo("f")
            member.mode = 0o4077
            out.addfile(member)
        stream.seek(0)
        archive.unpack(self.target)(stream)
        self.assertEqual(os.stat(self.target + "/f").st_mode & 0o7777, 0o655)

    def test_files_are_replaced(self):
        with open(self.target + "/f", "wb") as file:
            file.write(b"long before")
        self.assertEqual(self.unpack(("f", tarfile.REGTYPE, b"new")).bytes, 3)
        with open(self.target + "/f", "rb") as file:
            self.assertEqual(file.read(), b"new")


if __name__ == "__main__":
    unittest.main()
