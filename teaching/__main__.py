"""The command ``python -m teaching``: see CONTRIBUTING."""

import argparse
from importlib import import_module
from importlib.util import find_spec

from teaching import OUT
from teaching.notebooks import chapters

# What can be made: the module and its function, and the package that it needs.
KINDS = {
    "students": ("notebooks", "nbformat"),
    "instructor": ("notebooks", "nbformat"),
    "nbgrader": ("for_nbgrader", "nbformat"),
    "otter": ("for_otter", "nbformat"),
    "quiz": ("quiz", "text2qti"),
}


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
        module, needed = KINDS[kind]
        if not find_spec(needed):
            message = f"{kind} needs {needed}: pip install -r teaching/requirements.txt"
            if kinds:
                parser.error(message)
            print(f"left out: {message}")
            continue
        getattr(import_module(f"teaching.{module}"), kind)(names)
        print(f"{kind}: {OUT / kind}")


if __name__ == "__main__":
    main()
