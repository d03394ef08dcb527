"""The command ``python -m teaching``: see CONTRIBUTING."""

import argparse
from importlib import import_module
from importlib.util import find_spec

from teaching import OUT, ROOT
from teaching.notebooks import chapters

# What can be made: the module with a function of this name, and the packages that it needs.
KINDS = {
    "students": ("notebooks", "nbformat"),
    "instructor": ("notebooks", "nbformat"),
    "nbgrader": ("for_nbgrader", "nbformat"),
    "otter": ("for_otter", "nbformat"),
    "quiz": ("quiz", "text2qti"),
    "slides": ("slides", "nbconvert", "py_mini_racer"),
}
BUILT = ROOT / "_build" / "html" / "_static" / "sections.js"  # what a build writes last


def lacking(kind):
    """Return what is missing for a kind, or nothing."""
    missing = [package for package in KINDS[kind][1:] if not find_spec(package)]
    return missing + ["the built book"] * (kind == "slides" and not BUILT.exists())


def main():
    """Make what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m teaching", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="|".join(KINDS) + "|chapter")
    asked = parser.parse_args().what
    unknown = {*asked} - {*KINDS} - {*chapters()}
    if unknown:
        parser.error(f"neither a kind nor a chapter: {', '.join(sorted(unknown))}")
    names = [name for name in chapters() if name in asked] or chapters()
    kinds = [kind for kind in KINDS if kind in asked]
    for kind in kinds or KINDS:
        if missing := lacking(kind):
            message = f"{kind} needs {' and '.join(missing)}: see teaching/README.md"
            if kinds:
                parser.error(message)
            print(f"left out: {message}")
            continue
        folder = getattr(import_module(f"teaching.{KINDS[kind][0]}"), kind)(names)
        print(f"{kind}: {folder or OUT / kind}")


if __name__ == "__main__":
    main()
