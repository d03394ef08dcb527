// What this browser keeps for its reader. It never leaves the browser. Where the browser keeps
// nothing, it lasts as long as the page. The names, and what stands under them:
//   place       {address, title}   where the reader was last, from the book's folder on
//   done/PAGE   true               a chapter that the reader has ticked off: done/book/softmax.html
//   task/ID     "tried", "solved"  how far the reader got with a task, see tasks.js
const kept = (() => {
  const PREFIX = "nnlab:"; // other books may be at the same host
  const here = new Map();

  // The value under a name, or undefined.
  function get(name) {
    try {
      return JSON.parse(localStorage.getItem(PREFIX + name)) ?? here.get(name);
    } catch {
      return here.get(name);
    }
  }

  // Keep a value under a name; undefined removes it.
  function set(name, value) {
    value === undefined ? here.delete(name) : here.set(name, value);
    try {
      if (value === undefined) localStorage.removeItem(PREFIX + name);
      else localStorage.setItem(PREFIX + name, JSON.stringify(value));
    } catch {} // refused, or full
    window.dispatchEvent(new CustomEvent("kept", { detail: name }));
  }

  // The names that begin with a word.
  function names(start = "") {
    let found = [...here.keys()];
    try {
      const all = Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
      found = found.concat(all.map((name) => name.slice(PREFIX.length)));
    } catch {}
    return [...new Set(found)].filter((name) => name.startsWith(start));
  }

  // Forget everything.
  const clear = () => names().forEach((name) => set(name, undefined));

  return { get, set, names, clear };
})();
