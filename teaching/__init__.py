"""What a teacher takes from the book: notebooks, assignments and quizzes, made from its sources.

``python -m teaching`` writes them to _build/teaching. CONTRIBUTING says how a graded task is added.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "_build" / "teaching"
sys.path[:0] = [str(ROOT / "book"), str(ROOT / "book" / "_ext")]  # tasks, formulas, drawings
