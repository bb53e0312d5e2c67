import sys
import unittest
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from gridprice import charge


class PriceTests(unittest.TestCase):
    def test_prices(self):
        for code, count, price in [('T05', 1, '7.00'), ('T05', 7, '7.00'), ('W24', 1, '3.00'), ('W24', 7, '17.36'), ('T06', 1, '2.44'), ('T06', 7, '17.07'), ('R22', 1, '4.90'), ('R22', 7, '12.43'), ('R16', 1, '3.50'), ('R16', 7, '16.58'), ('W01', 1, '8.50'), ('W01', 7, '26.17'), ('W11', 1, '3.00'), ('W11', 7, '16.16'), ('R01', 1, '3.38'), ('R01', 7, '23.68'), ('E10', 1, '7.50'), ('E10', 7, '13.65'), ('W18', 1, '7.90'), ('W18', 7, '8.86')]:
            self.assertEqual(charge(code, count), Decimal(price), code)

    def test_withdrawn(self):
        for code in ['W08']:
            with self.assertRaises(KeyError):
                charge(code, 1)


if __name__ == "__main__":
    unittest.main()
