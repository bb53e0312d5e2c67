"""When a gate of the calendar is over."""
from ._calendar import INSTANTS, LABELS


def is_over(name, at):
    """Whether the gate is over at this instant (seconds since 1970-01-01 UTC); KeyError for an unknown one."""
    return at >= INSTANTS[name]


def with_label(label):
    return [name for name, labels in LABELS.items() if label in labels]
