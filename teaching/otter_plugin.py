"""What otter calls before it runs a hand-in: only the hand-in's code stays, and runs outside."""

import re

from nbformat.v4 import new_code_cell
from otter.plugins import AbstractOtterPlugin
from outside import first_cell, put_outside

OTTERS = r"(#.*\n)*(import otter|grader\b)"  # cells that call otter, for students


class Outside(AbstractOtterPlugin):
    """Has a hand-in run outside. Its setting is the list of functions that are handed in."""

    def before_execution(self, submission):
        """Return the notebook that is run in its place."""
        cells = [cell for cell in submission.cells if cell.cell_type == "code"]
        cells = [new_code_cell(c.source) for c in cells if not re.match(OTTERS, c.source)]
        for cell in cells:
            put_outside(cell)
        submission.cells = [new_code_cell(first_cell(self.plugin_config["functions"])), *cells]
        return submission
