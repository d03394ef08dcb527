"""What the tasks of the laboratory on digits need beyond a line."""


def steps():
    """Cases: the first rate, the number of a step, the steps of an epoch."""
    for step in (0, 3, 4, 9, 11, 16):
        yield {"gamma": 0.5, "step": step, "steps_per_epoch": 4}
