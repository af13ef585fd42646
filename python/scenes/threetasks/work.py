"""What a task does between two waits, the same in every model."""


def compute(loops: int) -> int:
    """Keep the processor busy: a loop without calls."""
    total = 0
    for number in range(loops):
        total += number
    return total
