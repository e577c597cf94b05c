// Tells the stylesheet, by attributes of the root, what it must know of the page as a whole.
// A rule with :has() there would look through the page for each word of an answer. Here that happens only while there is
// no such element: one that was found is just looked at again.
import { watch } from "./place.js";

const SIGNS = {
  "data-answering": "[class*=st-key-answering]",
  "data-open-conversation": ".st-key-open-conversation",
  "data-greeting": ".st-key-greeting",
  "data-temporary": ".st-key-temporary-open",
  "data-no-picture": ".st-key-no-picture",
  "data-stage": ".st-key-stage, .st-key-stage-notes",
};
const SETTLING = 400; // milliseconds in which the input box moves down, when a conversation begins
const found = {};

function settle() {
  const box = document.querySelector("[data-testid=stBottom]");
  box?.toggleAttribute("data-settling", true);
  setTimeout(() => box?.toggleAttribute("data-settling", false), SETTLING);
}

// Menus and dialogs stand outside of what Streamlit gives its theme to; this tells them whether it is light or dark.
let app = null, look = "";
function theme() {
  if (app?.isConnected && app.className === look) return;
  app = document.querySelector(".stApp");
  look = app?.className ?? "";
  document.documentElement.style.colorScheme = app ? getComputedStyle(app).colorScheme : "";
}
watch(theme);

watch(() => {
  const greeted = found["data-greeting"];
  for (const [name, selector] of Object.entries(SIGNS)) {
    if (found[name]?.isConnected && found[name].matches(selector)) continue;
    found[name] = document.querySelector(selector);
    document.documentElement.toggleAttribute(name, found[name] !== null);
  }
  if (greeted && !found["data-greeting"]) settle();
});
