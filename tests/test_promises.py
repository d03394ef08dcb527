"""What the repository promises to its readers."""

import ast
import importlib.metadata
import inspect
import io
import json
import re
import tokenize
from pathlib import Path

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement

import nnlab

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOC = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
DOCUMENTS = [
    path
    for path in sorted(ROOT.rglob("*.md"))
    if not any(part.startswith((".", "_build")) for part in path.relative_to(ROOT).parts)
]


def requirement_lines(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_readme_shows_the_two_commands_first_each_on_one_line():
    fences = re.findall(r"```bash\n(.*?)```", README, flags=re.DOTALL)
    install = "python3 -m venv .venv && . .venv/bin/activate && pip install -r requirements.txt && "
    assert fences[0] == install + "jupyter-book build . -n -W --keep-going\n"
    assert fences[1] == install + "pytest\n"
    assert README.index("```bash") < 200


def test_ci_takes_its_commands_from_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    patterns = set(re.findall(r"readme '([^']+)'", script))
    assert len(patterns) == 2
    for pattern in patterns:
        found = [
            line
            for line in README.splitlines()
            if re.search(f"^python3 -m venv .*&& {pattern}", line)
        ]
        assert len(found) == 1


def test_the_program_in_the_readme_runs(capsys):
    (program,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    exec(program, {})
    assert 0.9 < float(capsys.readouterr().out) < 0.97


def ci_pieces():
    """Return the pieces of .ci/run: those of every change, and all."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    every_change = re.search(r"^every_change\(\) \{(.*?)^\}", script, re.MULTILINE | re.DOTALL)[1]
    functions = set(re.findall(r"^(\w+)\(\)", script, flags=re.MULTILINE))
    return set(re.findall(r"\w+", every_change)) & functions - {"run", "side_by_side"}, functions


def test_workflows_call_pieces_that_ci_has():
    called = set()
    for workflow in (ROOT / ".github" / "workflows").glob("*.yml"):
        for call in re.findall(r"bash \.ci/run(.*)", workflow.read_text(encoding="utf-8")):
            called |= set(call.split()) or ci_pieces()[0]
    assert called <= ci_pieces()[1]
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    tables = contributing.split("\n## What runs when\n")[1]
    listed = re.findall(r"^\| `(\w+)` \|", tables.split("\n## ")[0], flags=re.MULTILINE)
    assert sorted(listed) == sorted(called)
    assert set(listed[: len(ci_pieces()[0])]) == ci_pieces()[0]


def test_a_new_container_is_ready_with_one_command():
    path = ROOT / ".devcontainer" / "devcontainer.json"
    container = json.loads(path.read_text(encoding="utf-8"))
    assert re.search(r":\d+-3\.11-\w+$", container["image"])  # the Python of requirements.lock
    pieces = container["postCreateCommand"].removeprefix("bash .ci/run ").split()
    assert set(pieces) <= ci_pieces()[1] and "install" in pieces


def toc_files():
    chapters = [c["file"] for part in TOC["parts"] for c in part["chapters"]]
    return [TOC["root"], *chapters]


def test_contents_list_every_chapter_and_nothing_else():
    listed = set(toc_files())
    pages = [*(ROOT / "book").glob("*.ipynb"), *(ROOT / "book").glob("*.md")]
    assert listed == {f"book/{path.stem}" for path in pages}
    assert len(listed) == len(toc_files())


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_inside_the_repository_exist(document):
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"`[^`\n]*`", "", text)  # code such as g[k](z[k]) is no link
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    inside = [link for link in links if not re.match(r"[a-z]+:", link)]
    missing = [link for link in inside if not (document.parent / link.split("#")[0]).exists()]
    assert not missing


def unfolded(text):
    """Return a cell's text without its folds, which stand between two fences of colons."""
    kept, fence = [], None
    for line in text.splitlines():
        if fence is None and (opened := re.match(r"(:{3,})\{dropdown\}", line)):
            fence = opened[1]
        elif fence is None:
            kept.append(line)
        elif line.strip() == fence:
            fence = None
    return "\n".join(kept)


def reading_minutes(notebook):
    """Estimate, for what is not folded: 150 words a minute, 20 s for a displayed equation, 15 s for
    a code cell, a picture or a slider.
    """
    cells = {"markdown": [], "code": []}
    for cell in notebook.cells:
        cells[cell.cell_type].append(cell)
    text = "\n".join(unfolded(cell.source) for cell in cells["markdown"])
    text = re.sub(r"^\*Source: .*?\*$", "", text, flags=re.DOTALL | re.MULTILINE)
    equations = re.findall(r"\$\$.*?\$\$", text, flags=re.DOTALL)
    words = re.sub(r"\$\$.*?\$\$", "", text, flags=re.DOTALL).split()
    hidden = {"check", "hide-input", "hide-cell", "remove-cell"}
    shown = [
        cell
        for cell in cells["code"]
        if not hidden & set(cell.metadata.get("tags", []))
        or any("data" in output for output in cell.outputs)
    ]
    return len(words) / 150 + len(equations) / 3 + len(shown) / 4


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\n:::{dropdown} b\nc\n:::\nd", "a\nd"),
        ("::::{dropdown} b\n:::{note}\nc\n:::\n::::\nd", "d"),
        (":::{note}\nc\n:::\nd", ":::{note}\nc\n:::\nd"),
    ],
)
def test_folds_are_not_counted_as_reading(text, left):
    assert unfolded(text) == left


def test_the_route_gives_reading_times_and_lists_every_chapter_in_order():
    intro = (ROOT / "book" / "intro.md").read_text(encoding="utf-8")
    row = r"^\| \[[^]]+\]\((\w+)\.ipynb\) \|.*\| (\d+)&nbsp;min \|$"
    route = re.findall(row, intro, flags=re.MULTILINE)
    notebooks = [f"book/{name}" for name, _ in route]
    assert notebooks == [name for name in toc_files() if (ROOT / f"{name}.ipynb").exists()]
    for name, minutes in route:
        notebook = nbformat.read(ROOT / "book" / f"{name}.ipynb", as_version=4)
        assert abs(reading_minutes(notebook) - int(minutes)) <= 5, name


def test_citation_file_is_valid():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert {"message", "title", "authors"} <= set(citation)
    assert all("name" in author or "family-names" in author for author in citation["authors"])
    assert citation["version"] == nnlab.__version__
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", citation["date-released"])


def test_all_descriptions_of_the_repository_say_the_same():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    codemeta = json.loads((ROOT / "codemeta.json").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    package = importlib.metadata.metadata("nnlab")
    for ours, theirs in (
        ("version", "version"),
        ("name", "title"),
        ("description", "abstract"),
        ("datePublished", "date-released"),
        ("keywords", "keywords"),
    ):
        assert codemeta[ours] == citation[theirs], ours
    assert codemeta["version"] == package["Version"] == nnlab.__version__
    assert codemeta["license"] == "https://spdx.org/licenses/" + citation["license"]
    assert citation["license"] == package["License"] == "MIT"
    assert codemeta["name"] == config["title"] == README.splitlines()[0].removeprefix("# ")
    (author,) = codemeta["author"]
    assert [{"name": author["name"]}] == citation["authors"] == [{"name": config["author"]}]
    for name in ("LICENSE", "REUSE.toml", "paper.md"):
        assert config["author"] in (ROOT / name).read_text(encoding="utf-8"), name
    needed = {Requirement(each) for each in package.get_all("Requires-Dist")}
    needed = {each for each in needed if not each.marker}  # that is, without the extras
    assert needed == set(map(Requirement, codemeta["softwareRequirements"]))
    assert codemeta["runtimePlatform"] == f"Python {package['Requires-Python']}"


def test_the_paper_has_what_the_journal_asks_for_and_cites_what_is_there():
    _, head, text = (ROOT / "paper.md").read_text(encoding="utf-8").split("---\n", 2)
    about = yaml.safe_load(head)
    assert {"title", "tags", "authors", "affiliations", "bibliography"} <= set(about)
    entries = (ROOT / about["bibliography"]).read_text(encoding="utf-8")
    cited = set(re.findall(r"@(\w+)", text))
    assert cited and cited <= set(re.findall(r"^@\w+\{(\w+),", entries, flags=re.MULTILINE))
    sections = re.findall(r"^# (.+)$", text, flags=re.MULTILINE)
    wanted = {"Summary", "Statement of need", "Experience of use", "Story of the project"}
    assert wanted <= set(sections)
    assert sections[-1] == "References"


@pytest.mark.parametrize("name", ["slip", "problem", "question"])
def test_forms_of_issues_have_what_the_host_asks_for(name):
    path = ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml"
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "title", "body"} == set(form)
    assert all(each["type"] in ("input", "textarea") for each in form["body"])
    assert all(each["attributes"]["label"] for each in form["body"])
    ids = [each["id"] for each in form["body"]]
    assert len(set(ids)) == len(ids)
    assert any(each.get("validations") == {"required": True} for each in form["body"])


def test_each_decision_is_listed_and_says_what_would_change_it():
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"\((.+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted({path.name for path in folder.glob("*.md")} - {"README.md"})
    for name in listed:
        text = (folder / name).read_text(encoding="utf-8")
        parts = re.findall(r"^\*\*([^*]+)\.\*\*", text, flags=re.MULTILINE)
        assert {"Decided", "Why", "What it costs", "What would change it"} <= set(parts), name


def test_what_is_said_about_accessibility_is_tested():
    page = (ROOT / "book" / "accessibility.md").read_text(encoding="utf-8")
    named = re.findall(r"\btest_\w+\b(?!\.py)", page)
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    assert named
    assert not [name for name in named if f"\ndef {name}(" not in tests]


def test_changelog_has_an_entry_for_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {nnlab.__version__}\n" in changelog


def test_licences_are_there_and_named_in_the_readme():
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License")
    text_licence = (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8")
    assert "Creative Commons Attribution 4.0 International" in text_licence
    assert "(LICENSE)" in README
    assert "(LICENSE-TEXT)" in README


def test_jupyter_book_is_version_1():
    assert importlib.metadata.version("jupyter-book").split(".")[0] == "1"


def test_requirements_end_with_the_package_and_have_tested_ranges():
    *dependencies, last = requirement_lines("requirements.txt")
    assert last == "-e ."
    for line in dependencies:
        assert re.fullmatch(r"[a-z0-9-]+>=[\w.]+,<[\w.]+", line)


def test_lock_file_pins_every_dependency_inside_its_range_with_hashes():
    *dependencies, _ = requirement_lines("requirements.txt")
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pin = r"^([a-z0-9._-]+)==([^\s]+)"
    pins = dict(re.findall(pin + r" \\\n    --hash=sha256:", lock, flags=re.MULTILINE))
    assert len(re.findall(pin, lock, flags=re.MULTILINE)) == len(pins)
    for requirement in map(Requirement, dependencies):
        assert requirement.specifier.contains(pins[requirement.name])


def test_api_page_lists_every_public_name():
    page = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"\.\. auto(?:function|class):: (\w+)", page))
    public = {
        name
        for module in (nnlab, nnlab.datasets)
        for name, value in ((name, getattr(module, name)) for name in dir(module))
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__.startswith("nnlab.")
        and "_validation" not in value.__module__
    }
    assert listed == public


def test_the_programs_on_the_api_page_run():
    page = (ROOT / "book" / "api.md").read_text(encoding="utf-8")
    programs = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(programs) == 1
    for program in programs:
        exec(program, {})


def names_in(module):
    """Return the attributes that a module's code asks for, as in ``network.theta``."""
    tree = ast.parse((ROOT / "nnlab" / module).read_text(encoding="utf-8"))
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_training_and_stack_use_the_network_by_its_public_names():
    found = {name for name in names_in("training.py") if name.startswith("_")}
    assert found - {"__name__"} == {"_data"}  # of the history itself
    methods = [name for name, value in vars(nnlab.Stack).items() if inspect.isfunction(value)]
    overridden = {name for name in methods if name in vars(nnlab.Network)}
    assert overridden == {"__init__", "__repr__"}


def code_lines(path):
    """Count the lines that hold code: no docstrings, comments or blank lines."""
    layout = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    starts_statement = layout | {None, tokenize.ENCODING}
    lines, previous = set(), None
    source = io.StringIO(path.read_text(encoding="utf-8"))
    for token in tokenize.generate_tokens(source.readline):
        if token.type == tokenize.COMMENT:
            continue
        docstring = token.type == tokenize.STRING and previous in starts_statement
        if token.type not in layout | {tokenize.ENDMARKER} and not docstring:
            lines.update(range(token.start[0], token.end[0] + 1))
        if token.type != tokenize.NL:
            previous = token.type
    return len(lines)


def test_the_library_stays_small():
    core, lab = (ROOT / "nnlab").glob("*.py"), (ROOT / "nnlab" / "lab").glob("*.py")
    assert sum(map(code_lines, core)) <= 1043
    assert sum(map(code_lines, lab)) <= 288


def test_lines_are_counted_without_docstrings_comments_and_blank_lines(tmp_path):
    path = tmp_path / "example.py"
    path.write_text(
        '"""Doc.\n\nstring"""\n\n# comment\nx = [\n    1,\n]\n\n\ndef f():\n    """D."""\n'
    )
    assert code_lines(path) == 4
