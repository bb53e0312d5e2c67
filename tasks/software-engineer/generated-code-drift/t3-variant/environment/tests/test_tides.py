import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tides import is_over


class CalendarTests(unittest.TestCase):
    def test_instants(self):
        for name, at in [('a19', 1707624000), ('b16', 1732047000), ('d12', 1723886400), ('f43', 1720705500)]:
            self.assertFalse(is_over(name, at - 1), name)
            self.assertTrue(is_over(name, at), name)


if __name__ == "__main__":
    unittest.main()
