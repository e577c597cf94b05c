// The meter counts what is in the box as well, which the server has not got yet: once the meter is opened, a field in it that
// nobody sees is given that text, as if it were typed there.
import { box, kind, watch } from "./place.js";

const FIELD = kind(".st-key-meter-new textarea");
const setValue = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;

let seen = null;

watch(() => {
  if (seen?.isConnected) return;
  seen = FIELD.element;
  const text = box()?.value ?? "";
  if (!seen || seen.value === text) return;
  setValue.call(seen, text);
  seen.dispatchEvent(new Event("input", { bubbles: true }));
  seen.dispatchEvent(new FocusEvent("focusout", { bubbles: true }));
});
