"""What extensions see of Sphinx, without a build: its events, and a note of every other call."""

from functools import partial
from types import SimpleNamespace
from unittest.mock import Mock

from sphinx.application import Sphinx
from sphinx.events import EventManager
from sphinx.extension import Extension


def application(*modules, builder="html", **attributes):
    """Return an application in which these extensions have been set up."""
    app = Mock(builder=SimpleNamespace(name=builder, format=builder), pdb=True, **attributes)
    app.events = EventManager(app)
    for event in ("html-collect-pages", "html-page-context"):  # of the builder
        app.events.add(event)
    app.emit = app.events.emit
    app.connect = partial(Sphinx.connect, app)
    app.extensions = {}
    for each in modules:
        app.extensions[each.__name__] = Extension(each.__name__, each, **(each.setup(app) or {}))
    return app


def placed(app, name):
    """Return what a directive without contents puts on its page, found by its name."""
    directives = dict(call.args for call in app.add_directive.mock_calls)
    state = Mock()
    state.document.settings.env = app.env
    return directives[name](name, [], {}, [], 1, 0, "", state, Mock()).run()
