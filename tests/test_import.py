"""Importing the library: quick, without side effects, with documented names."""

import inspect
import pydoc
import re
import subprocess
import sys
from pathlib import Path

import typed_program

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
METHODS = {  # of classes, and the functions that are attributes of functions
    f"{owner}.{name}": value
    for owner, kind in {**NAMES, **IN_MODULES}.items()
    for name, value in vars(kind).items()
    if not name.startswith("_") and (inspect.isfunction(value) or isinstance(value, property))
}
SECTION = r"^ *(Parameters|Attributes|Returns|Notes|Examples)\n *-{5,}$"

PROMISED = re.findall(
    r"\w+",
    """
    sigmoid tanh relu identity softmax log_softmax softmax_jacobian softmax_jvp
    quadratic cross_entropy binary_cross_entropy logistic_loss l2 one_hot
    zeros gaussian glorot_uniform
    Activation Cost Layer Optimizer Dense Convolution
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


def test_the_import_takes_less_time_than_that_of_numpy():
    code = (
        "from time import process_time as clock\n"
        "start = clock(); import numpy; middle = clock(); import nnlab; end = clock()\n"
        "print((end - middle) / (middle - start))"
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


def test_every_module_says_what_it_holds():
    silent = [name for name, module in MODULES.items() if len((module.__doc__ or "").split()) < 5]
    assert not silent


def test_every_public_name_is_explained():
    documented = {**NAMES, **IN_MODULES}
    short = [
        name
        for name, value in documented.items()
        if not (value.__doc__ and value.__doc__.splitlines()[0].endswith((".", ":")))
        or not re.search(SECTION, value.__doc__, flags=re.MULTILINE)
    ]
    assert not short


def test_every_method_and_every_attribute_function_has_a_docstring():
    silent = [name for name, value in METHODS.items() if not value.__doc__]
    assert {"sigmoid.derivative", "softmax.pullback", "quadratic.gradient"} <= set(METHODS)
    assert not silent


def test_all_lists_the_public_names():
    modules = {"activations", "costs", "initializers", "layers", "network", "optimizers"}
    modules |= {"training", "gradcheck", "lab"}
    assert set(nnlab.__all__) == set(PUBLIC) - modules
    names = {}
    exec("from nnlab import *", names)
    assert set(nnlab.__all__) <= set(names)


def test_pydoc_lists_the_public_names():
    text = pydoc.render_doc(nnlab, renderer=pydoc.plaintext)
    shown = set(re.findall(r"^    (?:class )?(\w+)(?=\(|$)", text, flags=re.MULTILINE))
    assert {name for name in nnlab.__all__ if name != "datasets"} <= shown


def test_the_program_with_types_runs():
    typed_program.main()


def test_type_checkers_are_told_that_there_are_types():
    assert Path(nnlab.__file__).with_name("py.typed").is_file()


def test_the_version_has_three_numbers():
    assert re.fullmatch(r"\d+\.\d+\.\d+", nnlab.__version__)
