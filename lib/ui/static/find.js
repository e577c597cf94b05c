// Who follows what a search has found sees that message in the middle of the page, also when the page is drawn anew
// meanwhile, until they go elsewhere themselves. Who goes from one version of a message to another has it where the one
// before was. Both are looked for only after the click.
import { main } from "./place.js";

const LINK = ".st-key-found a[href*='m=']";
const PATIENCE = 10000, QUIET = 300; // milliseconds: to look for it, and without a change of the page before it is shown
const THEIRS = ["wheel", "touchmove", "keydown", "pointerdown"]; // what a person does

const ARROWS = "[class*=st-key-beside-] button", MESSAGE = "[data-testid=stChatMessage]";

const place = (id) => document.querySelector(`.st-key-acts-${id}, .st-key-quiet-acts-${id}`)?.closest("[data-testid=stChatMessage]");
let leave = () => {};

function lead(show) {
  leave();
  let timer = 0;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(show, QUIET);
  };
  const observer = new MutationObserver(wait), patience = setTimeout(() => leave(), PATIENCE);
  leave = () => {
    observer.disconnect();
    clearTimeout(timer);
    clearTimeout(patience);
    for (const name of THEIRS) removeEventListener(name, leave, true);
  };
  for (const name of THEIRS) addEventListener(name, leave, true);
  observer.observe(document.body, { childList: true, subtree: true });
  wait();
}

addEventListener("click", (event) => {
  const link = event.target.closest?.(LINK);
  const id = link && new URL(link.href).searchParams.get("m");
  if (id && /^\d+$/.test(id)) lead(() => place(id)?.scrollIntoView({ block: "center" }));
  const message = event.target.closest?.(ARROWS)?.closest(MESSAGE);
  if (message) stay([...document.querySelectorAll(MESSAGE)].indexOf(message), message.getBoundingClientRect().top);
}, true);

function stay(number, top) {
  const at = () => document.querySelectorAll(MESSAGE)[number]?.getBoundingClientRect().top;
  lead(() => main()?.scrollBy({ top: (at() ?? top) - top }));
}
