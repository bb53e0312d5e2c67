import sys
import unittest
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from freight import carriage


class PriceTests(unittest.TestCase):
    def test_prices(self):
        for code, count, price in [('A16', 1, '2.54'), ('A16', 7, '17.81'), ('P09', 1, '4.00'), ('P09', 7, '26.44'), ('A06', 1, '2.00'), ('A06', 7, '10.42'), ('P16', 1, '5.90'), ('P16', 7, '5.90'), ('A05', 1, '4.90'), ('A05', 7, '24.69'), ('Y10', 1, '8.90'), ('Y10', 7, '8.90'), ('A02', 1, '6.90'), ('A02', 7, '6.90'), ('G19', 1, '7.90'), ('G19', 7, '11.74'), ('A20', 1, '4.00'), ('A20', 7, '19.99'), ('P19', 1, '2.50'), ('P19', 7, '17.49')]:
            self.assertEqual(carriage(code, count), Decimal(price), code)

    def test_withdrawn(self):
        for code in ['Y13']:
            with self.assertRaises(KeyError):
                carriage(code, 1)


if __name__ == "__main__":
    unittest.main()
