// What is wider than its box (code, equations, tables) can be scrolled with the keyboard.
const reachable = new ResizeObserver((changes) => {
  for (const { target } of changes)
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
});
document.addEventListener("DOMContentLoaded", () => {
  const boxes = "pre, div.math, .field-list > dd, .pst-scrollable-table-container";
  for (const box of document.querySelectorAll(boxes))
    reachable.observe(box);
});
