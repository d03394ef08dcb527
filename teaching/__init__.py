"""What a teacher takes from the book: notebooks, assignments, quizzes, slides.

``python -m teaching`` makes them from its sources, in _build/teaching, and slides beside the pages.
CONTRIBUTING says how a graded task is added.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "_build" / "teaching"
sys.path[:0] = [str(ROOT / "book"), str(ROOT / "book" / "_ext")]  # tasks, formulas, drawings
