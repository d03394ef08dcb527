"""Importing the library: quick, without side effects, with documented names."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nnlab

PUBLIC = {name: getattr(nnlab, name) for name in dir(nnlab) if not name.startswith("_")}
MODULES = {name: value for name, value in PUBLIC.items() if inspect.ismodule(value)}
NAMES = {name: value for name, value in PUBLIC.items() if name not in MODULES}
IN_MODULES = {
    f"{module_name}.{name}": value
    for module_name, module in MODULES.items()
    for name, value in vars(module).items()
    if not name.startswith("_") and getattr(value, "__module__", None) == module.__name__
}
METHODS = {
    f"{class_name}.{name}": value
    for class_name, kind in {**NAMES, **IN_MODULES}.items()
    if inspect.isclass(kind)
    for name, value in vars(kind).items()
    if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
}
SECTION = r"^ *(Parameters|Attributes|Returns|Notes|Examples)\n *-{5,}$"

PROMISED = re.findall(
    r"\w+",
    """
    sigmoid tanh relu identity softmax log_softmax softmax_jacobian softmax_jvp
    quadratic cross_entropy logistic_loss l2 one_hot zeros gaussian glorot_uniform
    Network Gradient GradientDescent HeavyBall halving
    train History all_losses_below accuracy_at_least no_gain_for check_gradient datasets
    explore Stack sweep Failure
    """,
)


def run_python(code):
    """Run code in a fresh interpreter, where a warning is an error; return what it printed."""
    command = [sys.executable, "-W", "error", "-c", code]
    root = Path(nnlab.__file__).parents[1]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert done.stderr == ""
    return done.stdout


def test_the_import_loads_nothing_that_only_figures_and_sliders_need():
    loaded = run_python("import sys, nnlab; print(*sys.modules)").split()
    roots = {name.partition(".")[0] for name in loaded}
    assert {"nnlab", "numpy"} <= roots
    assert roots.isdisjoint(
        {"matplotlib", "ipywidgets", "IPython", "tqdm", "joblib", "scipy", "sympy"}
    )


def test_the_import_takes_less_time_than_that_of_numpy_which_it_needs():
    code = (
        "from time import process_time as now; start = now()\n"
        "import numpy; middle = now()\n"
        "import nnlab; print((now() - middle) / (middle - start))"
    )
    assert min(float(run_python(code)) for _ in range(5)) < 1


def test_the_import_prints_nothing_and_changes_no_global_state():
    code = (
        "import os, numpy as np\n"
        "def state():\n"
        "    return np.geterr(), np.get_printoptions(), dict(os.environ), os.getcwd(), \\\n"
        "        np.random.get_state()[1].tolist()\n"
        "np.random.seed(1); before = state()\n"
        "import nnlab; print(state() == before)"
    )
    assert run_python(code) == "True\n"


def test_every_promised_name_is_there():
    assert set(PROMISED) <= set(PUBLIC)
    data = {"datasets.linear", "datasets.xor_easy", "datasets.spirals", "datasets.mnist"}
    assert data <= set(IN_MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_holds(name):
    assert len(MODULES[name].__doc__.split()) >= 5


DOCUMENTED = {**NAMES, **IN_MODULES}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_public_name_is_explained(name):
    doc = DOCUMENTED[name].__doc__
    assert doc and doc.splitlines()[0].endswith((".", ":"))
    assert re.search(SECTION, doc, flags=re.MULTILINE)


@pytest.mark.parametrize("name", METHODS)
def test_every_public_method_has_a_docstring(name):
    assert METHODS[name].__doc__


def test_type_checkers_are_told_that_there_are_types():
    assert Path(nnlab.__file__).with_name("py.typed").is_file()


def test_the_version_has_three_numbers():
    assert re.fullmatch(r"\d+\.\d+\.\d+", nnlab.__version__)
