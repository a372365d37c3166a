"""How many examples a property test is tried with: all of them in `make test`, a few in `make check`."""

from hypothesis import settings


def examples(many: int) -> int:
    """`many`, or as much less as the profile asks for less than the usual hundred."""
    return max(many * min(settings().max_examples, 100) // 100, 5)
