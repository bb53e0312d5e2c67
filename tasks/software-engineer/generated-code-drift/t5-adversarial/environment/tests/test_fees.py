import hashlib
import sys
import unittest
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from fees import _table, fee


class PriceTests(unittest.TestCase):
    def test_prices(self):
        for code, count, price in [('A12', 1, '4.40'), ('A12', 7, '7.99'), ('A11', 1, '7.50'), ('A11', 7, '23.37'), ('A21', 1, '3.30'), ('A21', 7, '22.29'), ('A09', 1, '8.00'), ('A09', 7, '24.10'), ('A14', 1, '3.90'), ('A14', 7, '26.80'), ('S24', 1, '2.50'), ('S24', 7, '2.77'), ('V02', 1, '4.00'), ('V02', 7, '7.86'), ('Y15', 1, '8.50'), ('Y15', 7, '8.50'), ('A24', 1, '8.00'), ('A24', 7, '8.00'), ('A22', 1, '5.50'), ('A22', 7, '13.13')]:
            self.assertEqual(fee(code, count), Decimal(price), code)

    def test_withdrawn(self):
        for code in []:
            with self.assertRaises(KeyError):
                fee(code, 1)

    def test_stamp(self):
        spec = Path(__file__).resolve().parent.parent / "spec/rates.csv"
        self.assertEqual(_table.SPEC, hashlib.sha256(spec.read_bytes()).hexdigest(), "the table is out of date")


if __name__ == "__main__":
    unittest.main()
