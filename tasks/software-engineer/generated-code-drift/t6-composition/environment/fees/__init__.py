"""Prices of the fees price list."""
from decimal import ROUND_HALF_UP, Decimal

from ._table import TABLE


def fee(service, hours):
    """What hours cost for this service, in euros and cents; KeyError for an unknown service."""
    rate, minimum = TABLE[service]
    return max(Decimal(minimum), Decimal(rate) * hours).quantize(Decimal("0.01"), ROUND_HALF_UP)
