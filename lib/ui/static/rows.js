// A click anywhere in a row of the usage page's tables is one on the box at the row's left, which is all that Streamlit
// takes. A table is one picture: what was clicked in it is known by its place.
const TABLE = ".st-key-usage [data-testid=stDataFrame]";
const HEAD = 36, BOX = 32; // pixels: the height of the head, the width of the boxes
const CLICK = ["pointerdown", "mousedown", "pointerup", "mouseup", "click"];

function tick(table, y) {
  const place = table.querySelector(".dvn-scroller") ?? table, { left } = table.getBoundingClientRect();
  for (const name of CLICK) {
    const Kind = name.startsWith("pointer") ? PointerEvent : MouseEvent, buttons = name.endsWith("down") ? 1 : 0;
    const where = { clientX: left + BOX / 2, clientY: y, bubbles: true, cancelable: true, view: window };
    place.dispatchEvent(new Kind(name, { ...where, buttons, pointerId: 1, pointerType: "mouse", isPrimary: true }));
  }
}

addEventListener("click", (event) => {
  const table = event.isTrusted && event.target.closest?.(TABLE);
  if (!table || !event.target.closest(".dvn-scroller, canvas")) return;
  const { left, top } = table.getBoundingClientRect();
  if (event.clientX > left + BOX && event.clientY > top + HEAD) tick(table, event.clientY);
});

// Enter on a cell is what Shift and the space bar are there: it is for the row.
const ROW = { key: " ", code: "Space", keyCode: 32, shiftKey: true, bubbles: true, cancelable: true };
addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.closest?.(TABLE) || event.target.matches("input, button")) return;
  event.preventDefault();
  event.stopPropagation();
  event.target.dispatchEvent(new KeyboardEvent("keydown", ROW));
}, true);
