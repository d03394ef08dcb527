"""A page in Markdown as Sphinx reads it with some extensions, without a build."""

from unittest.mock import Mock

from docutils.core import publish_doctree
from docutils.parsers.rst import directives, roles
from myst_parser.parsers.docutils_ import Parser
from sphinx.util.docutils import docutils_namespace
from sphinx_app import application


def read(source, *modules, **attributes):
    """Return the document of a page, and a mock of Sphinx's environment."""
    env = Mock(metadata={}, docname="page", **attributes)
    with docutils_namespace():
        register = directives.register_directive, roles.register_local_role
        application(*modules, **dict(zip(["add_directive", "add_role"], register)))
        settings = {"env": env, "report_level": 5, "myst_enable_extensions": ["dollarmath"]}
        return publish_doctree(source, parser=Parser(), settings_overrides=settings), env
