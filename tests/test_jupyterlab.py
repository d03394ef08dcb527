"""A reader's copy in a real JupyterLab: it reads as in the book, its slider and its tasks answer.

Part of ``pytest -m browser``, see test_browser.py.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time

import live
import nbformat
import pytest
from browser import HTML, missing, new_context

pytestmark = pytest.mark.browser

HANGS = 120  # seconds: what takes so long does not come at all
CHAPTER = "sigmoid"  # its alternative text names the value with the digits of the slider
SETTINGS = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},  # cells out of sight exist, too
}


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory):
    """Start a JupyterLab over a copy of the notebooks; give its address and its token."""
    tmp_path = tmp_path_factory.mktemp("jupyterlab")
    if not shutil.which("jupyter-lab", path=os.path.dirname(sys.executable)):
        missing("jupyterlab (pip install -r .ci/requirements.txt)")
    live.copy(tmp_path)
    for name, settings in SETTINGS.items():
        path = tmp_path / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings), encoding="utf-8")
    environment = {key: value for key, value in os.environ.items() if key != "NNLAB_FRAMES"}
    for name in ("JUPYTER_CONFIG", "JUPYTER_DATA", "JUPYTER_RUNTIME", "JUPYTERLAB_WORKSPACES"):
        environment[f"{name}_DIR"] = str(tmp_path / name)
    environment["JUPYTERLAB_SETTINGS_DIR"] = str(tmp_path / "settings")
    environment["IPYTHONDIR"] = str(tmp_path / "ipython")
    options = ["--no-browser", "--ip=127.0.0.1", "--port=0", "--allow-root"]
    options += ["--LabApp.extension_manager=readonly", f"--ServerApp.root_dir={tmp_path}"]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            cwd=tmp_path,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield *started(server, tmp_path), tmp_path
    finally:
        server.terminate()  # which ends its kernels, too
        try:
            server.wait(HANGS)
        except subprocess.TimeoutExpired:
            server.kill()  # its kernels notice
            server.wait()


def started(server, folder):
    """Wait for the file in which the server notes where it is; return address and token."""
    end = time.monotonic() + HANGS
    while time.monotonic() < end and server.poll() is None:
        for path in (folder / "JUPYTER_RUNTIME").glob("jpserver-*.json"):
            note = json.loads(path.read_text(encoding="utf-8"))
            return note["url"], note["token"]
        time.sleep(0.1)
    raise RuntimeError((folder / "log").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def chapter(chromium, jupyterlab):
    """Open the chapter and run nothing yet."""
    address, token, folder = jupyterlab
    context = new_context(chromium, address)
    context.set_default_timeout(HANGS * 1000)
    page = context.new_page()
    page.goto(f"{address}lab/tree/{CHAPTER}.ipynb?token={token}")
    page.get_by_text("(ipykernel) | Idle").wait_for()
    cells = nbformat.read(folder / f"{CHAPTER}.ipynb", as_version=4).cells
    yield page, cells
    context.close()
    assert not [fault for fault in context.faults if fault.startswith("outside")]


@pytest.fixture(scope="module")
def page(chapter):
    """Run all cells of the chapter, which opens the outputs that were closed."""
    page, _ = chapter
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    page.locator(".jp-OutputArea-output", has=page.get_by_role("slider")).first.wait_for()
    page.get_by_text("(ipykernel) | Idle").wait_for()
    return page


OPEN = ".jp-InputArea-editor:visible", ".jp-OutputArea-output:visible"


def tags(cell):
    return set(cell.metadata.get("tags", []))


def test_what_the_book_folds_is_folded_and_solutions_are_closed(chapter):
    page, cells = chapter
    for number, cell in enumerate(cells):
        if cell.cell_type == "code":
            here = page.locator(".jp-Notebook-cell").nth(number)
            code, output = (here.locator(part).count() for part in OPEN)
            assert bool(code) == (not tags(cell)), cell.source
            if "solution" in tags(cell):
                assert not output, cell.source
    assert any("solution" in tags(cell) for cell in cells)


# The bytes of the picture that is shown.
PICTURE = """async (picture) => {
  const bytes = new Uint8Array(await (await fetch(picture.src)).arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}"""

# What a reader is told of it.
TEXT = "(picture) => picture.alt || picture.title"


def test_a_slider_in_jupyterlab_draws_what_no_frame_shows(home, page):
    box = page.locator(".jupyter-widgets.widget-vbox", has=page.get_by_role("slider")).first
    handle, readout = box.get_by_role("slider").first, box.locator(".widget-readout").first
    picture = box.locator("img").first
    picture.wait_for()
    handle.scroll_into_view_if_needed()
    before, text = picture.evaluate(PICTURE), picture.evaluate(TEXT)

    start, track = handle.bounding_box(), box.locator(".noUi-base").first.bounding_box()
    y = start["y"] + start["height"] / 2
    page.mouse.move(start["x"] + start["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(track["x"] + 0.37 * track["width"], y, steps=5)
    # The button is still held: the figure follows, to the value beside the slider.
    value = readout.inner_text()
    page.wait_for_function(
        f"([box, value]) => ({TEXT})(box.querySelector('img')).includes(value)",
        arg=[box.element_handle(), value],
    )
    after = picture.evaluate(PICTURE)
    page.mouse.up()

    source = (HTML / "book" / f"{CHAPTER}.html").read_text(encoding="utf-8")
    values = re.search(r'data-values="([^"]+)"', source)[1].split()
    frames = json.loads(re.search(r'"application/json">(.*?)</script>', source)[1])
    assert text == frames[0][1]  # the first: what is drawn here is what is drawn there
    assert value not in values
    assert before != after
    assert base64.b64decode(after)[8:12] == b"WEBP"


# What is on the screen of the cells of text, with all folds opened.
TEXTS = """() => [...document.querySelectorAll(".jp-MarkdownCell")].map((cell) => {
  cell.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  return cell.innerText;
})"""
RAW = re.compile(r":::|\{(?:eq|ref|numref|cite:p)\}|^\$\$|\(check-", re.MULTILINE)


def test_texts_are_set_and_every_reference_leads_somewhere(page):
    texts = page.evaluate(TEXTS)
    assert len(texts) > 20
    assert not [text for text in texts if RAW.search(text)]
    assert "Source: Zheng (Zheng, n.d.), section 2.1" in "".join(texts)
    lost = page.locator("[title='Citation Not Found'], [title='Cross Reference Not Found']")
    assert lost.all_inner_texts() == []


def test_a_task_is_solved_wrong_and_right(chapter, page):
    _, cells = chapter
    number = next(i for i, cell in enumerate(cells) if "solution" in tags(cell))
    solution, here = cells[number].source, page.locator(".jp-Notebook-cell").nth(number - 1)
    for text, reply in (("return z", "Not yet:"), ("return v * sigmoid(z)", "Right.")):
        source = solution.replace("return v * sigmoid(z)", text)
        assert text in source
        here.locator(".cm-content").click()
        page.keyboard.press("Control+a")
        page.keyboard.insert_text(source)
        page.keyboard.press("Shift+Enter")
        here.locator(".jp-OutputArea-output", has_text=reply).wait_for()
