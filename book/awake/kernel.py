"""What stands in the page for the notebook's kernel, IPython and ipywidgets.

``take_over`` makes a Python such a kernel: the one in the reader's browser, and
no other. Then ``run`` runs one cell, and ``draw`` draws a slider's figure anew.
What there is to show goes to the page as JSON; what is printed, by itself.
"""

import ast
import base64
import io
import json
import linecache
import os
import sys
import traceback
import types
from html import escape

import matplotlib.figure
import matplotlib.pyplot as plt
from tqdm import tqdm

page = None  # where messages to the page are written
user = {}  # the variables of the cells
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
        tell(kind="html", html=picture(value))
    elif hasattr(value, "_repr_mimebundle_"):
        tell(kind="html", html=value._repr_mimebundle_().get("text/html", ""))
    elif hasattr(value, "_repr_html_"):
        tell(kind="html", html=value._repr_html_())
    else:
        tell(kind="text", text=f"{value!r}\n")


def picture(figure):
    """Return a figure as HTML, and close it."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=160, bbox_inches="tight")
    plt.close(figure)
    data = base64.b64encode(file.getvalue()).decode()
    words = [axes.get_title() for axes in figure.axes]
    text = escape("; ".join(filter(None, words)) or "the figure of this cell")
    return f'<img src="data:image/png;base64,{data}" alt="{text}">'


def show_figures(*args, **options):
    """Show all open figures: what plt.show does here."""
    for number in plt.get_fignums():
        show(plt.figure(number))


def as_png(save):
    """Return Figure.savefig without WebP, which this Python cannot write."""

    def savefig(figure, file, **options):
        if options.get("format") == "webp":
            options["format"] = "png"
            options.pop("pil_kwargs", None)
        return save(figure, file, **options)

    return savefig


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
    figure = matplotlib.figure.Figure
    figure.savefig = as_png(figure.savefig)
    plt.show = show_figures
    tqdm.monitor_interval = 0  # there are no threads
    for stream in sys.stdout, sys.stderr:
        stream.reconfigure(line_buffering=True)


def run(cell, source):
    """Run the source of a cell; its last expression is shown."""
    global running
    running, name = cell, f"<cell {cell}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[name] = len(source), None, lines, name
    try:
        tree = ast.parse(source, name)
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
        source = source.replace("image/webp", "image/png")  # see as_png
        tell(kind="frame", source=source, text=text)
    except BaseException as error:
        tell(kind="frame", error=report(error))
