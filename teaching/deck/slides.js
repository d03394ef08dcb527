// Start reveal.js. S opens the speaker's window with the notes, ? lists the other keys.
Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0,
  center: false,
  hash: true,
  fragmentInURL: false, // Reveal.js writes late, and would undo what is written below
  transition: "none",
  slideNumber: "c/t",
  plugins: [RevealNotes, RevealZoom],
});

// A slider has been moved: the address is that of the slide again, and the keys turn the slides.
function back() {
  const { h } = Reveal.getIndices();
  history.replaceState(null, "", h ? `#/${h}` : location.pathname);
}
document.addEventListener("change", back);
document.addEventListener("click", back);
document.addEventListener("pointerup", ({ target }) => {
  if (target.matches(".explore input")) target.blur();
});
