/* A page whose Python is awake: its cells can be edited, run, stopped and reset, and its sliders take
   every value. Python itself runs in worker.js. */

const make = (tag, properties = {}, ...children) => {
  const { dataset = {}, ...others } = properties;
  const element = Object.assign(document.createElement(tag), others);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
};
const button = (text, label, then) =>
  make("button", { type: "button", textContent: text, title: label, onclick: then });
const megabytes = (bytes) => (bytes / 1e6).toFixed(0);

// ---- Python, in a thread of its own ----

class Python {
  constructor(data, listener) {
    Object.assign(this, { data, listener });
  }
  start() {
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    return new Promise((resolve, reject) => {
      this.worker.onerror = () => reject(new Error(TOO_OLD));
      this.worker.onmessage = ({ data: message }) => {
        if (message.kind === "awake") {
          this.module = message.module; // compiled once, used again after a stop
          this.worker.onmessage = ({ data }) => this.listener(data);
          resolve();
        } else if (message.kind === "lost") reject(new Error(message.text || TOO_OLD));
        else this.listener(message);
      };
      const { files, all, base } = this.data;
      this.worker.postMessage({ kind: "wake", files, all, base, module: this.module });
    });
  }
  ask(message) {
    this.worker.postMessage(message);
  }
  end() {
    if (this.worker) this.worker.onmessage = null; // what is on its way has nothing to say any more
    this.worker?.terminate();
  }
}

// ---- an editor: a text area over its own coloured copy ----

const TOKENS =
  /(#.*)|((?:\b[rfb]{1,2})?(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?))|\b(and|as|assert|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield)\b|\b(False|None|True)\b|\b(\d[\d_.]*(?:e[+-]?\d+)?)\b/g;
const CLASSES = ["c1", "s2", "k", "kc", "mf"]; // of the theme's colours

function colour(pre, code) {
  pre.textContent = "";
  let end = 0;
  for (const match of code.matchAll(TOKENS)) {
    const kind = CLASSES[match.slice(1).findIndex((group) => group !== undefined)];
    pre.append(code.slice(end, match.index), make("span", { className: kind, textContent: match[0] }));
    end = match.index + match[0].length;
  }
  pre.append(code.slice(end) + "\n");
}

function editor(pre, code, label, changed, run) {
  const area = make("textarea", { className: "editor", value: code, spellcheck: false });
  area.setAttribute("aria-label", label);
  area.setAttribute("autocapitalize", "off");
  area.setAttribute("autocomplete", "off");
  const show = () => {
    colour(pre, area.value);
    changed();
  };
  area.addEventListener("input", show);
  area.addEventListener("scroll", () => (pre.scrollLeft = area.scrollLeft)); // a line wider than the page
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    } else if (event.key === "Enter") { // keep the indentation
      event.preventDefault();
      const before = area.value.slice(0, area.selectionStart).split("\n").pop();
      const deeper = /:\s*(#.*)?$/.test(before) ? "    " : "";
      area.setRangeText("\n" + before.match(/^ */)[0] + deeper, area.selectionStart, area.selectionEnd, "end");
      show();
    } else if (event.key === "Escape") area.blur();
  });
  pre.parentElement.classList.add("editable");
  pre.after(area);
  return {
    area,
    change(text) {
      area.value = text;
      show();
    },
  };
}

// ---- a cell ----

class Cell {
  constructor({ index, code, seconds, smaller, input, alone }, page) {
    Object.assign(this, { index, code, seconds, smaller, alone, page, state: "asleep", drawn: [] });
    this.number = page.cells.length + 1;
    this.input = input ?? document.querySelector(`.cell-${index}.cell_input`);
    if (!this.input) return; // a cell that the page does not show
    this.output = document.querySelector(`.cell-${index}.cell_output`);
    if (!this.output) {
      this.output = make("div", { className: "cell_output docutils container" });
      if (input) input.after(this.output);
      else this.input.closest(".cell").append(this.output);
    }
    this.printed = [...this.output.childNodes]; // as the page came
    this.drawn = [...this.output.children].filter((each) => each.querySelector("img") && !each.querySelector("figure.explore"));
    const needs = alone ? "" : ", and before it what it needs";
    this.back = button("↺ Reset", `Put cell ${this.number} back as it was`, () => this.reset());
    this.back.hidden = true;
    this.sign = make("span", { className: "cell-state" });
    this.tools = make(
      "div",
      { className: "cell-tools" },
      button("▶ Run", `Run cell ${this.number}${needs} (Shift+Enter)`, () => page.run(this)),
      this.back,
      this.sign,
    );
    this.tools.dataset.cell = this.output.dataset.cell = this.number;
    this.input.prepend(this.tools);
    this.editor = editor(
      this.input.querySelector("pre"),
      code,
      `Code of cell ${this.number}`,
      () => this.changed(),
      () => page.run(this),
    );
  }
  get text() {
    return this.editor?.area.value ?? this.code;
  }
  get rough() { // it has the smaller setting
    return this.smaller && this.text === this.code.replace(...this.smaller);
  }
  shrink() {
    this.editor.change(this.code.replace(...this.smaller));
  }
  changed() {
    this.back.hidden = this.text === this.code && this.state === "asleep";
    if (this.state === "done") this.become("changed");
  }
  become(state) {
    const words = {
      asleep: "",
      waiting: "waits",
      running: "runs …",
      done: `✓ ${this.took} s`,
      failed: "✗ stopped at an error",
      changed: "edited: run it again",
    };
    this.state = state;
    if (!this.sign) return;
    this.sign.textContent = words[state];
    Object.assign(this.tools.dataset, { state, took: this.took ?? "" });
    this.back.hidden = state === "asleep" && this.text === this.code;
  }
  reset() {
    this.editor.change(this.code);
    this.output.replaceChildren(...this.printed);
    this.become("asleep");
  }
  begin() {
    this.start = performance.now();
    this.block = null;
    this.figures = this.text === this.code ? [...this.drawn] : [];
    this.fresh = true; // the old output stays until there is a new one
  }
  end(state) {
    this.took = ((performance.now() - this.start) / 1000).toFixed(1);
    if (this.fresh) this.output?.replaceChildren(); // it shows nothing
    if (state === "done" && this.output && this.text === this.code) this.excuse();
    this.become(state);
  }
  excuse() { // WebAssembly does not tell NumPy of an overflow
    const [lost] = /overflow encountered in \w+/.exec(this.printed.map((node) => node.textContent).join("")) ?? [];
    if (lost && !this.output.textContent.includes(lost))
      this.print(`NumPy does not notice in a browser: ${lost}\n`, "stderr");
  }
  put(node) {
    if (!this.output) return;
    if (this.fresh) this.output.replaceChildren();
    this.fresh = false;
    this.output.append(node);
  }
  print(text, kind) {
    if (this.block?.kind !== kind) {
      const pre = make("pre");
      this.block = { kind, pre };
      this.put(make("div", { className: `output stream ${kind}` }, make("div", { className: "highlight" }, pre)));
    }
    this.block.pre.append(text);
  }
  show(html) {
    this.block = null;
    this.put(make("div", { className: "output text_html", innerHTML: html }));
  }
  draw({ source, text }) {
    const before = this.figures.shift()?.cloneNode(true); // with its caption, number and words
    const picture = before?.querySelector("img") ?? make("img", { alt: text });
    for (const name of ["width", "height", "loading"]) picture.removeAttribute(name);
    picture.src = source;
    this.block = null;
    this.put(before ?? make("div", { className: "output image" }, picture));
  }
}

// ---- a slider: between two of its frames Python draws ----

class Slider {
  constructor(figure, cell, page) {
    Object.assign(this, { figure, cell, page });
    this.picture = figure.querySelector("img");
    this.inputs = [...figure.querySelectorAll("input[type=range]")];
    this.steps = this.inputs.map((input) => input.step);
    for (const input of this.inputs) input.step = "any";
    this.error = make("pre", { className: "explore-error", hidden: true });
    figure.append(this.error);
    this.listening = new AbortController();
    const ask = (event) => {
      event.stopImmediatePropagation(); // the page's own frames are not asked any more
      this.ask();
    };
    figure.addEventListener("input", ask, { capture: true, signal: this.listening.signal });
    figure.dataset.live = "";
  }
  end() { // back to the frames
    this.listening.abort();
    this.error.remove();
    this.inputs.forEach((input, i) => (input.step = this.steps[i]));
    delete this.figure.dataset.live;
    this.figure.dispatchEvent(new Event("input"));
  }
  values() {
    return Object.fromEntries(
      this.inputs.map((input) => {
        const all = input.dataset.values.split(" ").map((text) => Number(text.replace("−", "-")));
        const low = Math.floor(input.value);
        const part = input.value - low;
        const [a, b] = [all[low], all[low + 1]];
        const between = input.dataset.scale === "log" ? a * (b / a) ** part : a + part * (b - a);
        const value = part ? between : a;
        return [input.name, all.every(Number.isInteger) ? Math.round(value) : value];
      }),
    );
  }
  ask() {
    const values = this.values();
    for (const input of this.inputs) {
      const text = String(+values[input.name].toPrecision(4)).replace("-", "−");
      input.setAttribute("aria-valuetext", text);
      input.parentElement.nextElementSibling.value = text;
    }
    this.wanted = values; // only the last wish counts
    this.page.next();
  }
  show({ source, text, error }) {
    this.error.hidden = !error;
    this.error.textContent = error ?? "";
    if (error) return;
    Object.assign(this.picture, { src: source, alt: text });
    const said = this.figure.querySelector("[aria-live]");
    clearTimeout(this.saying); // once nothing moves any more
    if (said) this.saying = setTimeout(() => (said.textContent = text), 700);
  }
}

// ---- what is asked before something that takes longer than a minute ----

const cellsOf = (cells) =>
  (cells.length > 1 ? "Cells " : "Cell ") + cells.map((cell) => cell.number).join(", ").replace(/, (\d+)$/, " and $1");

/* Returns "full", "smaller", or "" if it is not to run. */
function choice(minutes, slow, less) {
  const answer = (value, text) => make("button", { value, textContent: text });
  const smaller = less.map(
    (cell) => make("li", {}, `Cell ${cell.number}: `, make("code", { textContent: cell.smaller[1] }), " in place of ", make("code", { textContent: cell.smaller[0] })),
  );
  const dialog = make(
    "dialog",
    { className: "python-slow" },
    make("p", { textContent: `This takes about ${minutes} minutes in a browser (${cellsOf(slow).toLowerCase()}). You can stop it.` }),
    ...(less.length ? [make("p", { textContent: "Or with a smaller setting, and without the assertions that need the full one:" }), make("ul", {}, ...smaller)] : []),
    make(
      "form",
      { method: "dialog" },
      answer("full", "Run it"),
      ...(less.length ? [answer("smaller", "Run it smaller")] : []),
      answer("", "Not now"),
    ),
  );
  dialog.setAttribute("aria-label", "This takes long");
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.onclose = () => {
      dialog.remove();
      resolve(dialog.returnValue);
    };
  });
}

// ---- the page ----

class Page {
  constructor(data, python) {
    Object.assign(this, { python, cells: [], sliders: new Map(), queue: [], busy: null });
    python.listener = (message) => this.listen(message);
    for (const each of data.cells) this.cells.push(new Cell(each, this));
    for (const box of document.querySelectorAll(".ledger-try")) { // programs that stand alone
      const pre = box.querySelector("pre");
      const input = pre.closest(".highlight").parentElement;
      const index = this.cells.length;
      this.cells.push(new Cell({ index, code: pre.textContent.trim(), input, alone: true }, this));
    }
    this.status = make("span", { role: "status" });
    this.status.setAttribute("role", "status");
    this.bar = make(
      "div",
      { className: "python-bar" },
      this.status,
      (this.all = button("▶ Run all", "Run all cells of this page", () => this.runAll())),
      (this.halt = button("■ Stop", "Stop what runs; Python starts anew", () => this.stop())),
      button("↻ Restart", "Forget all variables, put the cells back", () => this.restart()),
    );
    this.bar.setAttribute("role", "region");
    this.bar.setAttribute("aria-label", "Python in this page");
    this.halt.disabled = true;
    document.body.append(this.bar);
    document.body.classList.add("python-awake");
    this.say("Python is awake. Edit a cell and run it.");
  }
  say(text) {
    this.status.textContent = text;
  }

  // Run a cell; before it, those above it that have not run.
  run(cell) {
    const above = this.cells.slice(0, this.cells.indexOf(cell));
    this.add([...above.filter((each) => !cell.alone && each.state !== "done"), cell]);
  }
  runAll() {
    this.add(this.cells.filter((cell) => cell.state !== "done"));
  }
  async add(cells) {
    const slow = cells.filter((cell) => cell.seconds && !cell.rough && !this.queue.includes(cell));
    const seconds = slow.reduce((sum, cell) => sum + cell.seconds, 0);
    const less = slow.filter((cell) => cell.smaller && cell.text === cell.code);
    const wanted = seconds > 60 ? await choice(Math.ceil(seconds / 60), slow, less) : "full";
    if (!wanted) return;
    if (wanted === "smaller") for (const cell of less) cell.shrink();
    for (const cell of cells) {
      if (this.queue.includes(cell) || cell === this.busy) continue;
      cell.become("waiting");
      this.queue.push(cell);
    }
    this.next();
  }
  next() {
    if (this.busy) return;
    const cell = this.queue.shift();
    if (cell) {
      cell.begin();
      cell.become("running");
      this.begin(cell);
      const left = this.queue.length;
      this.say(`Cell ${cell.number ?? ""} runs` + (left ? `; ${left} more wait` : ""));
      this.python.ask({ kind: "run", cell: cell.number, code: cell.text, smaller: cell.rough });
      return;
    }
    for (const [cell, slider] of this.sliders) {
      if (!slider.wanted) continue;
      this.begin(slider);
      this.python.ask({ kind: "draw", cell, values: slider.wanted });
      slider.wanted = null;
      return;
    }
  }
  begin(what) {
    this.busy = what;
    this.halt.disabled = false;
  }
  end(state, words) {
    const what = this.busy;
    this.busy = null;
    this.halt.disabled = true;
    if (what instanceof Cell) {
      what.end(state);
      if (state === "failed") this.drop();
      if (!this.queue.length) this.say(words ?? `Cell ${what.number ?? ""} has run.`);
    }
    this.next();
  }
  drop() {
    for (const cell of this.queue) cell.become("asleep");
    this.queue = [];
  }

  listen(message) {
    const cell = this.busy;
    const listeners = {
      text: () => cell.print(message.text, "stdout"),
      warning: () => cell.print(message.text, "stderr"),
      html: () => cell.show(message.html),
      picture: () => cell.draw(message),
      slider: () => this.slide(cell, message.html),
      error: () => {
        cell.print(message.text, "error");
        this.end("failed", `Cell ${cell.number ?? ""} stopped at an error.`);
        cell.output?.lastElementChild?.scrollIntoView({ block: "nearest" });
      },
      done: () => this.end("done"),
      frame: () => {
        cell.show(message);
        this.end();
      },
      lost: () => this.stop(`Python has ended: ${message.text}`),
    };
    if (cell) listeners[message.kind]?.();
  }
  slide(cell, html) {
    let figure = cell.output?.querySelector("figure.explore");
    if (!cell.output) return;
    if (!figure || cell.text !== cell.code) {
      cell.show(html);
      figure = cell.output.querySelector("figure.explore");
      figure.querySelector(".explore-sliders").hidden = false;
    } else cell.fresh = false; // it stays where it is
    if (!("live" in figure.dataset)) this.sliders.set(cell.number, new Slider(figure, cell, this));
  }

  async stop(words = "Stopped. Python starts anew …") {
    this.python.end();
    this.drop();
    if (this.busy instanceof Cell) this.busy.print("Stopped.", "error");
    this.busy = null;
    this.halt.disabled = true;
    for (const cell of this.cells) cell.become("asleep");
    for (const slider of this.sliders.values()) slider.end();
    this.sliders.clear();
    this.say(words);
    await this.python.start();
    this.say("Python has started anew. Cells run again when they are needed.");
  }
  async restart() {
    for (const cell of this.cells) if (cell.input) cell.reset();
    await this.stop("Python starts anew …");
  }
}

// ---- from asleep to awake ----

const TOO_OLD = "This browser is too old to run Python. One of the year 2025 or newer does.";

export async function wake(box) {
  const note = box.querySelector("[role=status]");
  const base = new URL(box.dataset.base, location).href;
  if (!window.WebAssembly || !window.DecompressionStream)
    throw new Error(TOO_OLD);
  const answer = await fetch(new URL(box.dataset.page, base));
  const data = { ...(await answer.json()), base };
  const size = data.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let kept = true;
  const python = new Python(data, (message) => {
    if (message.kind === "not kept") kept = false;
    if (message.kind === "progress")
      note.textContent = `${megabytes(message.done)} of ${megabytes(size)} MB …`;
    if (message.kind === "starting") note.textContent = "Python starts …";
  });
  const cancel = button("Cancel", "Stop loading", () => python.end());
  note.after(cancel);
  const cancelled = new Promise((_, reject) =>
    cancel.addEventListener("click", () => reject(new Error("Cancelled."))),
  );
  try {
    await Promise.race([python.start(), cancelled]);
  } catch (error) {
    python.end();
    throw error;
  } finally {
    cancel.remove();
  }
  note.textContent = "";
  box.hidden = true;
  const style = make("link", { rel: "stylesheet", href: new URL("awake.css", import.meta.url) });
  document.head.append(style);
  await new Promise((loaded) => (style.onload = style.onerror = loaded));
  const page = new Page(data, python);
  if (!kept) page.say("Python is awake. This browser stores nothing, so the next visit loads it again.");
  page.all.focus();
}
