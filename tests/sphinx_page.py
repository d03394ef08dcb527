"""A page in Markdown as Sphinx reads it with some extensions, without a build."""

from unittest.mock import Mock

from docutils import nodes
from docutils.core import publish_doctree
from docutils.parsers.rst import directives, roles
from myst_parser.parsers.docutils_ import Parser
from sphinx.util.docutils import docutils_namespace
from sphinx_app import application


def cited(name, rawtext, text, lineno, inliner, options=None, content=()):
    """Read a citation as its key."""
    return [nodes.inline("", text)], []


def read(source, *modules, **attributes):
    """Return the document of a page, and the application with a mock of the environment."""
    env = Mock(metadata={}, docname="page")
    register = {
        "add_directive": directives.register_directive,
        "add_role": roles.register_local_role,
    }
    settings = {"env": env, "report_level": 5, "myst_enable_extensions": ["dollarmath"]}
    with docutils_namespace():
        roles.register_local_role("cite:t", cited)
        app = env.app = application(*modules, env=env, **register, **attributes)
        return publish_doctree(source, parser=Parser(), settings_overrides=settings), app
