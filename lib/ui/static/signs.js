// Tells the stylesheet, by attributes of the root, what it must know of the page as a whole.
// A rule with :has() there would look through the page for each word of an answer. Here that happens only while there is
// no such element: one that was found is just looked at again.
import { watch } from "./place.js";

const SIGNS = { "data-answering": ".st-key-answering", "data-open-conversation": ".st-key-open-conversation" };
const found = {};

watch(() => {
  for (const [name, selector] of Object.entries(SIGNS)) {
    if (found[name]?.isConnected && found[name].matches(selector)) continue;
    found[name] = document.querySelector(selector);
    document.documentElement.toggleAttribute(name, found[name] !== null);
  }
});
