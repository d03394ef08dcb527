"""What the tests of every folder share."""

from pathlib import Path

import kernels
import numpy as np
import pytest

import nnlab

ROOT = Path(__file__).parent


def pytest_configure(config):
    """Compare notebook outputs without addresses, process numbers and the bits of pictures."""
    kernels.prepare("texts")
    config.option.nbval_sanitize_with = str(ROOT / "tests" / "nbval_sanitize.cfg")


@pytest.fixture(autouse=True)
def names_of_the_docstrings(doctest_namespace):
    """Let the examples in the docstrings start after ``from nnlab import *``."""
    doctest_namespace["np"] = np
    doctest_namespace.update(vars(nnlab))
