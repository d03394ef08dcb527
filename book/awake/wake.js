/* The button that wakes Python in the page; it stands in front of this script. All the rest is
   fetched when it is pressed. */
{
  const box = document.currentScript.previousElementSibling;
  const button = box.querySelector("button");
  const note = box.querySelector("[role=status]");
  const folder = "A browser does not run Python in a page that it reads from a folder. Open the page " +
    "through a server: python -m http.server in the folder of the book.";
  button.addEventListener("click", async () => {
    if (location.protocol === "file:") {
      note.textContent = folder;
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
}
