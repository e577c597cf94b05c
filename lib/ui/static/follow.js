// The page follows what is written while one is at its end, and stays where it is once one has scrolled up; a quiet
// button leads to the end. Streamlit guesses that from positions, and loses: a page that grows, or is drawn anew, looks
// like one that was scrolled. Here what a person does decides, and nothing else.
import { box, main, onMove, watch } from "./place.js";

const NEAR = 3; // pixels from the end that are the end
const FAR = 160; // ... from which on the button is seen
const PATIENCE = 3000; // milliseconds in which what is drawn anew has its size again
const RECENT = 1000; // milliseconds for which a key or a click may still move the page
const LATE = 100; // ... in which one has not seen yet that the page grew
const QUIET = 200; // ... after which a page is not moved by its own changes, but by a search or what reads it aloud
const UP = ["PageUp", "Home", "ArrowUp"], DOWN = ["PageDown", "End", "ArrowDown", " "], ELSEWHERE = ["Tab"];
const WRITES = ".st-key-tasks, [class*=st-key-retry-], [class*=st-key-regenerate-], [class*=st-key-continue-], [class*=st-key-send-queued-]";
const SENDS = `[data-testid=stChatInputSubmitButton], :is(${WRITES}, [class*=st-key-lane-again-]) button`;
const OPENS = "summary, [class*=st-key-beside-], [class*=st-key-edit-], [class*=st-key-delete-], .st-key-undo-messages";
const button = Object.assign(document.createElement("button"), { className: "parley-to-end", textContent: "↓", title: "To the end", hidden: true });
button.setAttribute("aria-label", "To the end");

let page = null; // what scrolls
let parts = []; // of it, whose sizes are watched
let follows = true;
let aim = Infinity; // the end when the person last went down: who reaches that has reached the end, however much has come since
let last = 0; // the place at the last look
let moved = -Infinity; // when the person did what may move the page
let grew = -Infinity; // when the page last changed its size
let ends = [Infinity, Infinity]; // the end before that, and since
let lost = null; // the place that was taken away as the page became shorter than that, until it is there again ...
let lostAt = 0; // ... and when that was
let drags = false; // whether they hold the bar

const end = () => page.scrollHeight - page.clientHeight;
const reach = () => Math.min(end(), ends[performance.now() - grew < LATE ? 0 : 1]); // where who goes down gets to
const written = Object.getOwnPropertyDescriptor(Element.prototype, "scrollTop");
const show = () => (button.hidden = follows || end() - page.scrollTop < FAR);
const move = (top) => page.scrollTo({ top, behavior: "instant" });

function settle() {
  if (follows && page.scrollTop < end()) move(end());
  else if (!follows) keep();
  last = page.scrollTop;
  show();
}

function keep() {
  const most = end(), time = performance.now();
  if (last > most + NEAR) [lost, lostAt] = [lost ?? last, time];
  else if (lost !== null && most >= lost) {
    if (time - lostAt < PATIENCE) move(lost);
    lost = null;
  }
}

function scrolled() {
  if (!follows) keep();
  const now = page.scrollTop, time = performance.now();
  const moves = drags || time - moved < RECENT || time - grew > QUIET;
  if (now >= last && now >= Math.min(aim, moves ? end() : Infinity) - NEAR) follows = true;
  else if (moves && now < last - NEAR && now < end() - NEAR) follows = false;
  if (follows) return settle();
  last = now;
  show();
}

const sizes = new ResizeObserver(() => {
  grew = performance.now();
  if (!page.isConnected) return;
  ends = [ends[1], end()];
  settle();
});

function look() {
  if (page?.isConnected && parts.every((part) => part.isConnected) && page.contains(button)) return;
  const found = box() && main(), bottom = found?.querySelector(":scope > .stBottom");
  if (!bottom) return;
  if (found !== page) take(found);
  parts = [page, ...page.children];
  sizes.disconnect();
  for (const part of parts) sizes.observe(part);
  bottom.append(button);
}

function take(found) {
  [page, follows, aim, lost, ends] = [found, true, Infinity, null, [Infinity, Infinity]];
  // Streamlit's own following writes here, and nobody else does.
  Object.defineProperty(page, "scrollTop", { get: () => written.get.call(page), set: () => {}, configurable: true });
  page.addEventListener("scroll", scrolled, { passive: true });
}

// Whether something between the page and what was touched takes the movement for itself, as a long block of code does.
function takes(element, up) {
  for (let each = element; each && each !== page; each = each.parentElement) {
    const most = each.scrollHeight - each.clientHeight;
    const can = most > 1 && (up ? each.scrollTop > 0 : each.scrollTop < most - 1);
    if (can && /auto|scroll/.test(getComputedStyle(each).overflowY)) return true;
  }
  return false;
}

function go(up, element) {
  if (!page?.isConnected || !(page.contains(element) || element === document.body) || takes(element, up)) return;
  if (up && page.scrollTop > 0) follows = false;
  [aim, lost] = [up ? Infinity : reach(), null];
  show();
}

function toEnd() {
  [follows, aim, lost] = [true, Infinity, null];
  if (page?.isConnected) settle();
}

addEventListener("wheel", (event) => {
  if (event.deltaY && !event.ctrlKey) go(event.deltaY < 0, event.target);
}, { passive: true });

let finger = 0;
addEventListener("touchstart", (event) => (finger = event.touches[0].clientY), { passive: true });
addEventListener("touchmove", (event) => {
  const at = event.touches[0].clientY;
  if (Math.abs(at - finger) > NEAR) go(at > finger, event.target);
  finger = at;
}, { passive: true });

addEventListener("keydown", ({ key, shiftKey, isComposing, target }) => {
  const types = target.closest?.("textarea, input, [role=listbox]");
  if (target.matches?.("[data-testid=stChatInputTextArea]") && key === "Enter" && !shiftKey && !isComposing) toEnd();
  if (types && !ELSEWHERE.includes(key)) return;
  if (UP.includes(key) || DOWN.includes(key)) go(UP.includes(key) || (key === " " && shiftKey), target);
  else if (ELSEWHERE.includes(key)) moved = performance.now();
});

addEventListener("pointerdown", ({ target }) => {
  drags = target === page;
  if (drags) lost = null;
  if (target.closest?.("a[href^='#']")) moved = performance.now();
}, { passive: true });
addEventListener("pointermove", ({ buttons }) => (drags &&= buttons > 0), { passive: true });

addEventListener("click", ({ target }) => {
  if (target.closest?.(SENDS)) toEnd();
  else if (target.closest?.(OPENS) && page?.contains(target)) follows = false; // what was opened stays in sight
});
button.addEventListener("click", () => {
  toEnd();
  box()?.focus({ preventScroll: true });
});
onMove(toEnd);
watch(look);
