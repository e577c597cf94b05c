// Keys of a stage that the server need not hear of: B and the point blank the screen, any key brings it back. The keys of a
// clicker, PageDown and PageUp, do what the arrows do.
const ROOT = document.documentElement;
const FIELDS = "textarea, input, select, [contenteditable=true]";
const TURNS = { PageDown: ".st-key-next button", PageUp: ".st-key-back button" };

const isOn = () => document.querySelector(".st-key-stage") !== null;
const blank = (on) => ROOT.toggleAttribute("data-blank", on);

addEventListener("keydown", (event) => {
  const { key, ctrlKey, altKey, metaKey, target } = event;
  if (!isOn() || ctrlKey || altKey || metaKey || target.closest?.(FIELDS)) return;
  const wasBlank = ROOT.hasAttribute("data-blank"), blanks = key === "." || key.toLowerCase() === "b";
  if (wasBlank || blanks) blank(!wasBlank);
  if (TURNS[key]) document.querySelector(TURNS[key])?.click();
  else if (!blanks && !(wasBlank && key === "Escape")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// The button is the server's, the dark is not: it is there at once. A click anywhere brings the screen back.
addEventListener("click", (event) => {
  const wasBlank = ROOT.hasAttribute("data-blank");
  if (!isOn() || !(wasBlank || event.target.closest?.(".st-key-blank button"))) return;
  blank(!wasBlank);
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);
