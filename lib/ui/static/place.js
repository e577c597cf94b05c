// What the other scripts ask of the page as a whole: its box, where one is, and word when either changes.
// One observer looks for all of them: while an answer streams the page changes with each word.
const looks = [], moves = [];

// There is one more while a prompt is edited, which is not theirs.
export const BOTTOM = "[data-testid=stBottom]";
export const box = () => document.querySelector(`${BOTTOM} textarea[data-testid=stChatInputTextArea]:not(.st-key-queue textarea)`);
export const main = () => document.querySelector(".stMain");
export const watch = (look) => looks.push(look);
export const onMove = (move) => moves.push(move);

// A conversation is the same one on whichever page it is; what has none yet is known by its page.
export function place() {
  const asked = new URLSearchParams(location.search);
  return asked.get("c") ?? asked.get("r") ?? location.pathname + (asked.has("batch") ? "?batch" : "");
}

let here = place();

function moved(how) {
  const before = here;
  here = place();
  if (here !== before) for (const move of moves) move(here, before, how);
}

for (const how of ["pushState", "replaceState"]) {
  const change = history[how];
  history[how] = (...entry) => {
    change.apply(history, entry);
    moved(how);
  };
}
addEventListener("popstate", () => moved("popstate"));

new MutationObserver(() => {
  for (const look of looks) look();
}).observe(document.documentElement, { childList: true, subtree: true });
