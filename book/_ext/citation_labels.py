"""Sphinx extension: the list of references has the labels of the text.

The text cites by author and year (bibtex_reference_style), and so do the labels
of this style for the list: ``:style: by_author``. A citation shows its entry
when it is pointed at or focused (reading.js): it needs no title beside that.
"""

from docutils import nodes
from pybtex.plugin import register_plugin
from pybtex.style.formatting.plain import Style
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting import BaseSortingStyle


class AuthorAndYear(BaseLabelStyle):
    """Labels such as "Domke, 2017" and "Glorot and Bengio, 2010"."""

    def format_labels(self, sorted_entries):
        """Yield a label for each entry."""
        for entry in sorted_entries:
            names = [
                " ".join(person.prelast_names + person.last_names)
                for person in entry.persons["author"]
            ]
            if len(names) > 2:
                names = [f"{names[0]} et al."]
            label = f"{' and '.join(names)}, {entry.fields.get('year', 'n.d.')}"
            yield label.replace("{", "").replace("}", "")


class ByLabel(BaseSortingStyle):
    """The order of the labels."""

    def sorting_key(self, entry):
        """Return an entry's label, in small letters."""
        (label,) = AuthorAndYear().format_labels([entry])
        return label.casefold()


class ByAuthor(Style):
    """The plain style, with these labels in their order."""

    default_label_style = AuthorAndYear
    default_sorting_style = ByLabel


def without_titles(app, doctree, docname):
    """Leave out the titles of citations, which are long and stand twice."""
    for reference in doctree.findall(nodes.reference):
        if "references#" in reference.get("refuri", "").replace(".html", ""):
            reference.attributes.pop("reftitle", None)


def setup(app):
    """Register the style, and what leaves out the titles."""
    app.connect("doctree-resolved", without_titles)
    register_plugin("pybtex.style.formatting", "by_author", ByAuthor)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
