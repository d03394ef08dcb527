"""Plant small errors in the code, one at a time, and name those that no test notices.

    python tests/mutants.py nnlab/costs.py book/_ext/margins.py

tries these files; without names, those of `FILES` that have a part in tests/survivors.md, which are
those that were tried once, and names the others. An error is an operator or a comparison for
another, a condition turned round, a number one higher, a result or a call left out. It is planted
in a copy of the repository, and the tests run in a forked process that has the large packages
loaded already: file by file those that reach the statement, the quickest first, until one fails.
Survivors that stand in tests/survivors.md with a reason are expected there; a row whose name is
`function: *` stands for all of that function, where every error makes what is as good.
"""

import ast
import gc
import importlib
import json
import os
import re
import resource
import shutil
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

import coverage
import pytest

ROOT = Path(__file__).resolve().parents[1]
OPPOSITE = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
FILES = ["nnlab/*.py", "nnlab/lab/*.py", "book/*.py", "book/_ext/*.py", "book/exercises/*.py"]
FILES += [f"book/ledger/{name}.py" for name in ("__init__", "altered", "tools", "trial")]
# What tests a file beside its docstrings and the test module of its own name.
LIBRARY = ["network", "training", "layers", "bad_input", "stack", "optimizers", "gradcheck"]
TESTS = {
    "nnlab/__init__.py": ["import"],
    "nnlab/_in_place.py": ["activations", "costs", *LIBRARY],
    "nnlab/_validation.py": ["bad_input", "activations", "layers", "sweep"],
    "nnlab/layers.py": LIBRARY,
    "nnlab/network.py": [*LIBRARY, "keep"],
    "nnlab/training.py": [*LIBRARY, "keep"],
    "nnlab/lab/sliders.py": [],
    "nnlab/lab/sweep.py": ["studies"],
    "nnlab": ["bad_input"],
    "book/_ext/kernels.py": ["notebooks"],
    "book/_ext/drawings.py": ["pictures"],
    "book/_ext/pictures.py": ["extensions"],
    "book/_ext/run_notebooks.py": ["notebooks", "extensions"],
    "book/_ext/source_latex.py": ["ledger"],
    "book/_ext/speed_page.py": ["benchmarks", "extensions"],
    "book/_ext/tasks.py": ["task_boxes", "extensions"],
    "book/_ext/typeset.py": ["extensions", "site"],
    "book/_ext": ["extensions", "references", "site"],
    "book/exercises": ["exercises", "tasks", "mistakes"],
    "book/ledger": ["ledger", "exercises", "tasks"],
    "book": ["notebooks", "site"],
}
LOADED = "numpy matplotlib.pyplot sympy bs4 IPython"
LOADED += " hypothesis.strategies hypothesis.extra.numpy joblib ipywidgets sphinx.application"
LOADED += " pytest_cov.plugin nbval.plugin rfc3987_syntax"  # what each start of pytest loads


def changes(node):
    """Yield the changes of a node: (name of a field, what else could stand there)."""
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() if type(node.op) in OPPOSITE:
            yield "op", OPPOSITE[type(node.op)]()
        case ast.Compare():
            for at, op in enumerate(node.ops):
                yield "ops", [*node.ops[:at], OPPOSITE[type(op)](), *node.ops[at + 1 :]]
        case ast.If() | ast.While() | ast.IfExp():
            yield "test", ast.UnaryOp(ast.Not(), node.test)
        case ast.UnaryOp(op=ast.USub()):
            yield "op", ast.UAdd()
        case ast.Constant(value=bool()):
            yield "value", not node.value
        case ast.Constant(value=int() | float()):
            yield "value", node.value + 1
        case ast.Return(value=ast.Constant(value=None)):
            pass
        case ast.Return(value=ast.AST()) | ast.Expr(value=ast.Call()):
            yield "value", ast.Constant(None)


def shown(node):
    """Return the first line of a node's code."""
    return ast.unparse(node).split("\n")[0].removesuffix(":")


def mutants(code):
    """Yield (name, code, lines) for each error.

    The name says where it is, and what became of what; the lines are those of its statement.
    """
    tree = ast.parse(code)

    def walk(node, where, lines=()):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            where = f"{where}.{node.name}".strip(".")
        if isinstance(node, ast.ClassDef) and "Protocol" in map(ast.unparse, node.bases):
            return  # it is read by type checkers and never run
        if isinstance(node, ast.stmt):
            lines = range(node.lineno, node.end_lineno + 1)
        for field, new in changes(node):
            was, before = getattr(node, field), shown(node)
            setattr(node, field, new)
            yield f"{where}: `{before}` -> `{shown(node)}`", ast.unparse(tree), lines
            setattr(node, field, was)
        for child in ast.iter_child_nodes(node):
            yield from walk(child, where, lines)

    return walk(tree, "")


class Survey:
    """Note which tests reach each line of some files, and how many seconds each test takes."""

    def __init__(self, names, notes):
        self.names, self.notes, self.seconds = names, notes, Counter()

    @pytest.hookimpl(tryfirst=True)
    def pytest_load_initial_conftests(self):  # before conftest.py imports what is tried
        self.coverage = coverage.Coverage(None, include=self.names, config_file=False)
        self.coverage.start()

    def pytest_runtest_logstart(self, nodeid):
        self.coverage.switch_context(nodeid)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] += report.duration

    def pytest_sessionfinish(self):
        self.coverage.stop()
        lines = self.coverage.get_data().contexts_by_lineno
        reached = {name: lines(os.path.abspath(name)) for name in self.names}
        self.notes.write_text(json.dumps([reached, self.seconds]), encoding="utf-8")


class Only:
    """Leave out all tests but some, and run these in their order."""

    def __init__(self, tests):
        self.tests = tests

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items):
        found = {item.nodeid: item for item in items}
        items[:] = [found[test] for test in self.tests if test in found]


def reaching(lines, reached, seconds):
    """Return the tests that reach one of the lines, the quickest first; on import, all do."""
    tests = {test for line in lines for test in reached.get(str(line), [])}
    return sorted(seconds if "" in tests else tests, key=seconds.get)


def survives(copy, tests, plugin=None, limit=900, quiet=True):
    """Return whether all tests pass in the copy, in a process of its own and in time."""
    child = os.fork()
    if not child:
        os.setsid()
        os.chdir(copy)
        sys.path[:0] = [str(copy), str(copy / "book"), str(copy / "book/_ext")]
        os.environ["PYTHONPATH"] = str(copy)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))  # what never ends is noticed
        if quiet:
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), 1)
                os.dup2(nowhere.fileno(), 2)
        signal.alarm(3600)
        loaded = ["-p", "no:anyio", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
        options = ["-x", "-q", "-p", "no:cacheprovider", *loaded]
        os._exit(int(pytest.main([*options, *tests], [plugin] * bool(plugin))))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return status in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def files():
    """Return the names of all files that are tried."""
    found = (path for pattern in FILES for path in sorted(ROOT.glob(pattern)))
    return [path.relative_to(ROOT).as_posix() for path in found]


def tests_of(name):
    """Return what tests a file: its docstrings, the tests of its own name, and others."""
    places = (str(place) for place in (Path(name), *Path(name).parents))
    others = next(TESTS[place] for place in places if place in TESTS)
    modules = dict.fromkeys([Path(name).stem.strip("_"), *others])
    files = [f"tests/test_{each}.py" for each in modules]
    examples = ">>>" in (ROOT / name).read_text(encoding="utf-8")
    return [name] * examples + [each for each in files if (ROOT / each).exists()]


def survivors():
    """Return the parts of the table of survivors: the names of their files, and their lines."""
    text = (ROOT / "tests/survivors.md").read_text(encoding="utf-8")
    parts = (part.split("\n") for part in text.split("\n## ")[1:])
    return {file: lines for file, *lines in parts}


def reasons():
    """Return the expected survivors: {(file, name): reason}; a name may be `function: *`."""
    found = {}
    for file, lines in survivors().items():
        for line in lines:
            if row := re.fullmatch(r"\| (.*?: (?:`.*`|\*)) \| (.+) \|", line):
                found[file, row[1].replace("\\|", "|")] = row[2]
    return found


def reason(name, what, expected):
    """Return why an error may survive, by its own row or that of its function, or None."""
    function = what.partition(": `")[0]
    return expected.get((name, what), expected.get((name, f"{function}: *")))


def run(names):
    """Try every error of the files; return the number of survivors without a reason."""
    expected, unexpected = reasons(), 0
    everything = list(dict.fromkeys(test for name in names for test in tests_of(name)))
    with tempfile.TemporaryDirectory() as folder:
        copy, notes = Path(folder, "copy"), Path(folder, "notes")
        unused = shutil.ignore_patterns("_build", "__pycache__", ".git", ".*_cache")
        shutil.copytree(ROOT, copy, ignore=unused)
        assert survives(copy, everything, Survey(names, notes), quiet=False), "without an error"
        reached, seconds = json.loads(notes.read_text(encoding="utf-8"))
        for name in names:
            code, alive, tried = (ROOT / name).read_text(encoding="utf-8"), [], 0
            for what, altered, lines in mutants(code):
                tried += 1
                (copy / name).write_text(altered, encoding="utf-8")
                tests = reaching(lines, reached[name], seconds)
                parts = {
                    f: Only([t for t in tests if t.startswith(f"{f}::")]) for f in tests_of(name)
                }
                limit = 60 + 10 * round(sum(seconds[test] for test in tests))
                if all(survives(copy, [f], only, limit) for f, only in parts.items() if only.tests):
                    alive.append(reason(name, what, expected))
                    print(f"  survives: {what} ({alive[-1] or 'NO REASON'})", flush=True)
            (copy / name).write_text(code, encoding="utf-8")
            killed = 1 - len(alive) / max(1, tried)
            print(f"{name}: {killed:.1%} of {tried} are noticed", flush=True)
            unexpected += alive.count(None)
    return unexpected


if __name__ == "__main__":
    sys.dont_write_bytecode = True
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    for each in LOADED.split():
        importlib.import_module(each)
    gc.freeze()  # what is loaded is not looked through in each child
    if later := [] if sys.argv[1:] else [each for each in files() if each not in survivors()]:
        print(f"not tried yet: {', '.join(later)}", flush=True)
    sys.exit(bool(run(sys.argv[1:] or list(survivors()))))
