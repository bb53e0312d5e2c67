"""Prices of the gridprice price list."""
from decimal import ROUND_HALF_UP, Decimal

from ._table import TABLE


def charge(tariff, units):
    """What units cost for this tariff, in euros and cents; KeyError for an unknown tariff."""
    rate, minimum = TABLE[tariff]
    return max(Decimal(minimum), Decimal(rate) * units).quantize(Decimal("0.01"), ROUND_HALF_UP)
