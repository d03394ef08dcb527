"""What the tests of every folder share."""

import os
from pathlib import Path

import numpy as np
import pytest

import nnlab

ROOT = Path(__file__).parent


def pytest_configure(config):
    """Compare notebook outputs without addresses, process numbers and the bits of pictures.

    The notebooks' kernels use one BLAS thread and draw every frame of the sliders, as they do in
    book/execute.py.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ["NNLAB_FRAMES"] = "all"
    config.option.nbval_sanitize_with = str(ROOT / "tests" / "nbval_sanitize.cfg")


@pytest.fixture(autouse=True)
def names_of_the_docstrings(doctest_namespace):
    """Let the examples in the docstrings start after ``from nnlab import *``."""
    doctest_namespace["np"] = np
    doctest_namespace.update(vars(nnlab))
