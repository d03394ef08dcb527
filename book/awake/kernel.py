"""What stands in the page for the notebook's kernel, IPython and ipywidgets.

``take_over`` makes a Python such a kernel: the one in the reader's browser, and
no other. Then ``run`` runs one cell, and ``draw`` draws a slider's figure anew.
What there is to show goes to the page as JSON; what is printed, by itself.
"""

import ast
import base64
import dis
import io
import json
import linecache
import os
import sys
import traceback
import types
from contextlib import nullcontext, redirect_stdout

import matplotlib.pyplot as plt
from drawings import in_both_themes
from tqdm import tqdm

MUCH = 200_000  # bytes of SVG: what has more to draw becomes a PNG

page = None  # where messages to the page are written
user = {}  # the variables of the cells
rough = set()  # those that depend on a smaller setting
sliders, running = {}, None  # the sliders by their cell; the cell that runs


def tell(**message):
    """Send a message to the page."""
    os.write(page, json.dumps(message).encode())


# Stand-ins, as far as the course needs them.


class Widget:
    """A widget that keeps its traits and is shown by what makes it."""

    def __init__(self, children=(), **traits):
        self.children, self.value = children, ""
        self.__dict__.update(traits)

    def observe(self, *args, **options):
        """Do nothing: the page itself watches its sliders."""

    on_click = on_submit = observe

    def _repr_mimebundle_(self, **options):
        return {}  # what makes it adds the HTML


class Html(str):
    """A text of HTML, to be shown as such."""

    def _repr_html_(self):
        return str(self)


def module(name, **contents):
    """Make a module that can be imported."""
    made = sys.modules[name] = types.ModuleType(name)
    made.__dict__.update(contents)
    return made


def display(*things):
    """Show each of the things below its cell."""
    for thing in things:
        show(thing)


# Show a value.


def show(value):
    """Show a value in the richest form that it has."""
    if hasattr(value, "sliders"):  # what nnlab.explore returns
        sliders[running] = value
        tell(kind="slider", html=value._repr_mimebundle_()["text/html"])
    elif hasattr(value, "savefig"):
        words = [axes.get_title() for axes in value.axes]
        text = "; ".join(filter(None, words)) or "the figure of this cell"
        source = picture(value, bbox_inches="tight")
        tell(kind="picture", source=source, text=text)
        plt.close(value)
    elif hasattr(value, "_repr_mimebundle_"):
        tell(kind="html", html=value._repr_mimebundle_().get("text/html", ""))
    elif hasattr(value, "_repr_html_"):
        tell(kind="html", html=value._repr_html_())
    else:
        tell(kind="text", text=f"{value!r}\n")


def picture(figure, **options):
    """Return a figure as an address: a drawing in the colours of both themes.

    What has very much to draw is a picture on white, as in the page.
    """
    svg, png = io.BytesIO(), io.BytesIO()
    figure.savefig(svg, format="svg", dpi=200, **options)
    if svg.tell() < MUCH:
        kind, content = "svg+xml", in_both_themes(svg.getvalue())
    else:
        figure.savefig(png, format="png", dpi=160, **options)
        kind, content = "png", png.getvalue()
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def show_figures(*args, **options):
    """Show all open figures: what plt.show does here."""
    for number in plt.get_fignums():
        show(plt.figure(number))


# Run cells.


def take_over(device):
    """Make this Python the page's; the messages go to a device."""
    global page, user
    page = os.open(device, os.O_WRONLY)
    user = module("__main__", __builtins__=__builtins__).__dict__
    widgets = module("ipywidgets")
    widgets.__getattr__ = lambda name: type(name, (Widget,), {})
    shown = module("IPython.display", HTML=Html, display=display)
    without = {"get_ipython": lambda: None, "version_info": (9, 0)}
    module("IPython", display=shown, **without)
    from nnlab.lab import sliders as frames  # it needs the stand-ins

    frames._picture = picture
    plt.show = show_figures
    tqdm.monitor_interval = 0  # there are no threads
    for stream in sys.stdout, sys.stderr:
        stream.reconfigure(line_buffering=True)


def run(cell, source, smaller=False):
    """Run the source of a cell; its last expression is shown.

    After a smaller setting, what depends on it runs without its assertions,
    which hold for the full one, and without the words that rest on them.
    """
    global running
    running, name = cell, f"<cell {cell}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[name] = len(source), None, lines, name
    try:
        tree = ast.parse(source, name)
        with unproved(tree) if depends(tree, smaller) else nullcontext():
            last = tree.body.pop() if ends_in_expression(tree) else None
            exec(compile(tree, name, "exec"), user)
            if last:
                value = eval(
                    compile(ast.Expression(last.value), name, "eval"), user
                )
                if value is not None:
                    show(value)
        show_figures()
    except BaseException as error:
        tell(kind="error", text=report(error))
        return
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    tell(kind="done")


def depends(tree, smaller):
    """Tell whether a cell depends on a smaller setting; note what it sets."""
    code = compile(tree, "cell", "exec")
    sets = stored(code)
    rough_now = smaller or not rough.isdisjoint(taken(code))
    rough.difference_update(sets)
    if rough_now:
        rough.update(sets)
    return rough_now


def stored(code):
    """Return the variables that a program sets, functions among them."""
    steps = dis.get_instructions(code)
    return {step.argval for step in steps if step.opname == "STORE_NAME"}


def taken(code, own=()):
    """Return the variables that a program has from the cells before it."""
    found, own = set(), set(own)
    for step in dis.get_instructions(code):
        if step.opname == "STORE_NAME":
            own.add(step.argval)
        elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
            found |= {step.argval} - own
    for each in code.co_consts:
        if isinstance(each, types.CodeType):
            found |= taken(each, own)
    return found


class Unasserted(ast.NodeTransformer):
    """Takes the assertions out of a program."""

    def visit_Assert(self, node):
        return ast.copy_location(ast.Pass(), node)


def unproved(tree):
    """Take the assertions out of a program; silence it if there are some."""
    if not any(isinstance(part, ast.Assert) for part in ast.walk(tree)):
        return nullcontext()
    Unasserted().visit(tree)
    print(
        "After a smaller setting: without what is asserted here, and printed."
    )
    return redirect_stdout(None)


def ends_in_expression(tree):
    """Tell whether the last statement of a cell is an expression."""
    return bool(tree.body) and isinstance(tree.body[-1], ast.Expr)


def report(error):
    """Return the traceback of an error, without the frames of this file."""
    trace = error.__traceback__
    while trace and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    lines = traceback.format_exception(error.with_traceback(trace))
    if isinstance(error, ModuleNotFoundError):
        lines += [f"The Python of this page has no package {error.name!r}."]
    return "".join(lines)


def draw(cell, values):
    """Draw the figure of a cell's slider for these values."""
    try:
        from nnlab.lab.sliders import _frame

        source, text, *_ = _frame(sliders[cell].draw, sliders[cell].alt, values)
        tell(kind="frame", source=source, text=text)
    except BaseException as error:
        tell(kind="frame", error=report(error))
