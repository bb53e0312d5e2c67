"""Prices of the freight price list."""
from decimal import ROUND_HALF_UP, Decimal

from ._table import ALIASES, TABLE


def carriage(lane, pallets):
    """What pallets cost for this lane, in euros and cents; KeyError for an unknown lane."""
    rate, minimum = TABLE[ALIASES.get(lane, lane)]
    return max(Decimal(minimum), Decimal(rate) * pallets).quantize(Decimal("0.01"), ROUND_HALF_UP)
