"""scikit-learn without its shuffling, which is on if one does not ask."""

from functools import partial

from benchmarks.peers import scikit_learn

comparable = scikit_learn.comparable
trainer = partial(scikit_learn.trainer, shuffle=False)
