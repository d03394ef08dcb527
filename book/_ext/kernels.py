"""The surroundings of the notebooks' kernels: build, tests and execute.py."""

import os

# The build's kernels are told to draw in SVG; notebooks are kept with PNG.
DRAWINGS = ["--InlineBackend.figure_formats=svg"]


def prepare(frames):
    """Set what the kernels inherit, so that they show the same everywhere.

    One BLAS thread; Matplotlib's pictures in the notebook, whatever is chosen
    outside; of a slider's frames "all" for the build, and "texts" where
    pictures are not compared.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.pop("MPLBACKEND", None)
    os.environ["NNLAB_FRAMES"] = frames
