"""What several test files share: settings of hypothesis, a generator, a small training problem."""

from types import SimpleNamespace

import browser
import numpy as np
import pytest
from hypothesis import settings

from nnlab import Network, cross_entropy, l2, softmax, tanh

# The same examples in every run: a failure can be repeated, and a slow machine is no failure.
settings.register_profile("nnlab", derandomize=True, deadline=None, max_examples=50)
settings.load_profile("nnlab")


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def problem(rng):
    """A network with every ingredient, all its parameters away from zero, and seven samples."""
    network = Network(
        [2, 3, 2], hidden=tanh, output=softmax, cost=cross_entropy, regularizer=l2(0.1), rng=rng
    )
    network.theta[...] = rng.choice([-1, 1], 17) * rng.uniform(0.3, 1, 17)
    X, Y = rng.standard_normal((7, 2)), np.array([0, 1, 1, 0, 1, 0, 0])
    return SimpleNamespace(network=network, X=X, Y=Y)


@pytest.fixture(scope="session")
def chromium():
    """Give the system's Chromium."""
    with browser.start_chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def home(chromium):
    """Give the address of the built book; there is no need of it without Chromium."""
    browser.build_book()
    with browser.serve_book() as address:
        yield address


@pytest.fixture
def opened(chromium, home):
    """Give the function that opens a page at a width, in a profile of its own."""
    contexts = []

    def open_page(name, width=1280, **options):
        contexts.append(browser.new_context(chromium, home, **options))
        page = contexts[-1].new_page()
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(home + name)
        browser.settle(page)
        return page

    yield open_page
    for context in contexts:
        browser.nothing(context.faults)
        context.close()
