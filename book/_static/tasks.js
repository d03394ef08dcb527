// Tasks: answer what is typed into a form, and remember what has been tried and solved.
// What is said to an answer is the same as in book/exercises/forms.py.

// kept.js remembers how far the reader got: {"sigmoid-kink": "tried" or "solved"}.
const tasks = {
  all() {
    const names = kept.names("task/");
    return Object.fromEntries(names.map((name) => [name.slice("task/".length), kept.get(name)]));
  },

  note(id, state) {
    const before = kept.get(`task/${id}`);
    if (before !== "solved" && before !== state) kept.set(`task/${id}`, state);
  },

  forget() {
    kept.names("task/").forEach((name) => kept.set(name, undefined));
  },
};

// What a text means, or null.
function numberIn(text) {
  text = text.replace(/[\s_]/g, "").replace(/[−–]/g, "-").replaceAll(",", ".");
  text = text.replace(/^[=≈]+/, "").replace(/[·*×]10\^?\(?(-?\d+)\)?/g, "e$1");
  const number = "([+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?)";
  const found = text.match(new RegExp(`^${number}(?:/${number})?(%?)$`, "i"));
  if (!found || Number(found[2] ?? 1) === 0) return null;
  const value = Number(found[1]) / Number(found[2] ?? 1);
  return found[3] ? value / 100 : value;
}

function shapeIn(text) {
  text = text.trim();
  if (!text || !/^[([]?((\d+[\s,x×*]*)*)[)\]]?$/i.test(text)) return null;
  return `[${(text.match(/\d+/g) || []).map(Number).join(", ")}]`;
}

const readers = { number: numberIn, shape: shapeIn, choice: (text) => text };
const examples = {
  number: "Write a number, such as 0.25, 1/4 or 2.5e-1.",
  shape: "Write a shape as (3, 2) or 3x2, of a vector (3,).",
  choice: "Choose one of the answers.",
};

// Whether an answer is right, and what is said to it: nodes, a text, or null for "see the hint".
function judge(field, text) {
  const { kind, answer } = field.dataset;
  const read = readers[kind];
  const value = read(text);
  if (value === null || value === "") return [false, examples[kind]];
  const goal = kind === "number" ? Number(answer) : answer;
  const within = Number(field.dataset.within) * (1 + 1e-9);
  const hits = (a, b) => (kind === "number" ? Math.abs(a - b) <= within : a === b);
  if (hits(value, goal)) return [true, "Right."];
  for (const saying of field.querySelectorAll("template")) {
    if (hits(value, read(saying.dataset.wrong))) {
      return [false, saying.content.cloneNode(true)];
    }
  }
  return [false, general(kind, value, goal, within, hits)];
}

function general(kind, value, goal, within, hits) {
  if (kind === "shape") {
    const [got, wanted] = [JSON.parse(value), JSON.parse(goal)];
    if (String(got.sort()) === String(wanted.sort())) {
      return "The right lengths. Look at their order.";
    }
    return got.length === wanted.length ? null : "Count the axes first: one number for each.";
  }
  if (kind !== "number" || goal === 0) return null;
  if (hits(-value, goal)) return "The size is right. Look at the sign.";
  if (within && Math.abs(value - goal) <= 0.05 * Math.abs(goal)) return "Nearly. Keep one more digit.";
  if (hits(value / 2, goal)) return "Twice of what is asked for: look for a factor 2.";
  if (hits(value * 2, goal)) return "Half of what is asked for: look for a factor 2.";
  return null;
}

function answerTask(form) {
  const fields = [...form.querySelectorAll(".task-field")];
  const said = form.querySelector(".task-said");
  said.replaceChildren();
  let solved = true;
  let stuck = false;
  for (const field of fields) {
    const input = field.querySelector("input:checked") || field.querySelector("input:not([type])");
    const [right, words] = judge(field, input ? input.value : "");
    solved &&= right;
    stuck ||= !right && words === null;
    const line = document.createElement("p");
    line.className = right ? "right" : "not-yet";
    if (fields.length > 1) line.append(`${field.querySelector("label, legend").firstChild.data.trim()}: `);
    line.append(words ?? "Not yet.");
    said.append(line);
    field.querySelector("input:not([type])")?.setAttribute("aria-invalid", !right);
  }
  if (solved) {
    form.querySelector(".task-answer").open = true;
  } else if (stuck) {
    const hint = form.querySelector(".task-hint:not([open])");
    if (hint) hint.open = true;
    said.append(hint ? "A hint has opened below." : "Read the hints once more, or the answer.");
  }
  tasks.note(form.dataset.task, solved ? "solved" : "tried");
}

// How far the reader is: at each task, in the contents, and all together.
function showTasks() {
  const all = tasks.all();
  for (const box of document.querySelectorAll(".task[data-task]")) {
    box.dataset.state = all[box.dataset.task] || "";
  }
  const meta = document.querySelector("meta[name=tasks]");
  const lists = (meta?.content ?? "").split("; ").map((list) => list.replace(":", "").split(" "));
  const solved = (ids) => ids.filter((id) => all[id] === "solved").length;
  for (const [chapter, ...ids] of lists) {
    for (const link of document.querySelectorAll(".bd-links a")) {
      if (!link.pathname.endsWith(`/${chapter}.html`)) continue;
      link.querySelector(".task-count")?.remove();
      if (!ids.some((id) => all[id])) continue;
      const count = document.createElement("span");
      count.className = "task-count";
      count.textContent = `${solved(ids)} of ${ids.length}`;
      count.title = "tasks solved";
      link.append(" ", count);
    }
  }
  const sum = document.querySelector(".task-sum");
  sum?.remove();
  const contents = document.querySelector(".bd-links");
  if (!contents || !Object.keys(all).length) return;
  const ids = lists.flatMap(([, ...each]) => each);
  const line = document.createElement("p");
  line.className = "task-sum";
  const button = document.createElement("button");
  button.textContent = "Forget them";
  button.addEventListener("click", () => tasks.forget());
  line.append(`${solved(ids)} of ${ids.length} tasks solved. All of it stays on your machine. `, button);
  contents.append(line);
}

// The answer of a check that ran in the page; that of the solution below it says "Right" at all times.
function watchCheck(box) {
  new MutationObserver(() => {
    const shown = box.querySelectorAll(".cell:not(.tag_solution) .output");
    const text = [...shown].map((e) => e.textContent.trimStart()).join("\n");
    if (/^Right\. Compared/m.test(text)) tasks.note(box.dataset.task, "solved");
    else if (/^(Not yet|Not finished|This is the)/m.test(text)) tasks.note(box.dataset.task, "tried");
  }).observe(box, { childList: true, subtree: true, characterData: true });
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches(".task-form")) return;
  event.preventDefault();
  answerTask(event.target);
});
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll(".task-ask").forEach((ask) => (ask.hidden = false));
  document.querySelectorAll(".task[data-task]:not(:has(.task-form))").forEach(watchCheck);
  showTasks();
});
window.addEventListener("kept", showTasks);
window.addEventListener("storage", showTasks);
