// What the other scripts ask of the page as a whole: what stands on it, and word when that or its place changes.
// One observer looks for all of them, and at what has changed alone: while an answer streams that happens with each word.
const looks = [], moves = [], kinds = [];

// The first element that a selector means, as `element`; null while there is none.
export function kind(selector) {
  kinds.push({ selector, element: document.querySelector(selector) });
  return kinds.at(-1);
}

const holds = ({ selector, element }) => element?.isConnected && element.matches(selector);

function find(changes) {
  for (const each of kinds) if (each.element && !holds(each)) each.element = document.querySelector(each.selector);
  const missing = kinds.filter(({ element }) => !element), any = missing.map(({ selector }) => selector).join();
  if (!any) return;
  const come = changes.flatMap(({ type, target, addedNodes }) => (type === "attributes" ? [target] : [...addedNodes]));
  const has = (root, selector) => (root.matches(selector) ? root : root.querySelector(selector));
  for (const root of come) {
    if (root.nodeType !== 1 || !root.isConnected || !has(root, any)) continue;
    for (const each of missing) each.element ??= has(root, each.selector);
  }
}

// There is one more while a prompt is edited, which is not theirs.
export const BOTTOM = "[data-testid=stBottom]";
const BOX = kind(`${BOTTOM} textarea[data-testid=stChatInputTextArea]:not(.st-key-queue textarea)`);
export const box = () => (holds(BOX) ? BOX.element : (BOX.element = document.querySelector(BOX.selector)));
export const ANSWERING = kind("[class*=st-key-answering]");
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

new MutationObserver((changes) => {
  find(changes);
  for (const look of looks) look();
}).observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ["class"] });
