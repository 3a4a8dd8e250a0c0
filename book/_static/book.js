// What is wider than its box (code, equations, tables) can be scrolled with the keyboard.
function reachable() {
  for (const box of document.querySelectorAll("pre, div.math, .pst-scrollable-table-container, .output"))
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
}
addEventListener("load", async () => {
  await window.MathJax?.startup?.promise;
  reachable();
  addEventListener("resize", reachable);
});
