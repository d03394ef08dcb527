const editions = {}; // what `python -m editions` has made

// Offer the whole book in the menu of downloads.
document.addEventListener("DOMContentLoaded", () => {
  const menu = document.querySelector(".dropdown-download-buttons .dropdown-menu");
  for (const [kind, file] of Object.entries(menu ? editions : {})) {
    const link = document.createElement("a");
    link.className = "btn btn-sm dropdown-item edition";
    link.href = document.documentElement.dataset.content_root + file;
    link.textContent = `The whole book, ${kind}`;
    menu.append(document.createElement("li"));
    menu.lastChild.append(link);
  }
});
