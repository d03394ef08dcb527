/* The button that wakes Python in the page. All the rest is fetched when it is pressed. */
document.addEventListener("DOMContentLoaded", () => {
  const box = document.querySelector(".wake");
  if (!box) return;
  const button = box.querySelector("button");
  const note = box.querySelector("[role=status]");
  box.hidden = false;
  button.addEventListener("click", async () => {
    if (location.protocol === "file:") {
      note.textContent =
        "A browser does not start Python for a page that it reads from a folder. " +
        "Open the page through a server: python -m http.server in the folder of the book.";
      return;
    }
    button.disabled = true;
    try {
      const { wake } = await import(new URL("awake.js", new URL(box.dataset.base, location)));
      await wake(box);
    } catch (error) {
      button.disabled = false;
      note.textContent = error.message;
    }
  });
});
