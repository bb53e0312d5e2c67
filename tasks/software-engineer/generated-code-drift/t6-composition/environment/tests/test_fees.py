import sys
import unittest
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from fees import fee


class PriceTests(unittest.TestCase):
    def test_prices(self):
        for code, count, price in [('E13', 1, '8.00'), ('E13', 7, '17.67'), ('F18', 1, '2.00'), ('F18', 7, '2.00'), ('Z10', 1, '8.00'), ('Z10', 7, '16.18'), ('Z14', 1, '3.00'), ('Z14', 7, '17.00'), ('P10', 1, '7.50'), ('P10', 7, '11.70'), ('P07', 1, '2.27'), ('P07', 7, '15.90'), ('E08', 1, '4.00'), ('E08', 7, '23.95'), ('E02', 1, '1.85'), ('E02', 7, '12.98'), ('P17', 1, '7.00'), ('P17', 7, '8.61'), ('Z18', 1, '1.50'), ('Z18', 7, '1.62')]:
            self.assertEqual(fee(code, count), Decimal(price), code)

    def test_withdrawn(self):
        for code in ['F22']:
            with self.assertRaises(KeyError):
                fee(code, 1)


if __name__ == "__main__":
    unittest.main()
