// Keys that belong to an input method stay with it, and a prompt waits while one of its attachments is refused.
const INPUT = "textarea[data-testid=stChatInputTextArea]";
const SUBMIT = "[data-testid=stChatInputSubmitButton]";
const EDITOR = "[class*=st-key-editor-]";
const REFUSED = "[data-testid=stFileChipIconError]";

// While a word is composed, Enter and Escape are about that word. Safari says that it is finished before it hands over
// the key that finished it; its code is 229 then.
const composes = (event) => event.isComposing || event.keyCode === 229;

const waits = (place) => place && document.querySelector(REFUSED);

function hold(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

addEventListener("keydown", (event) => {
  if (composes(event)) event.stopImmediatePropagation();
  else if (event.key === "Enter" && !event.shiftKey && waits(event.target.closest?.(INPUT))) hold(event);
}, true);

// Escape leaves a prompt that is edited as it was.
addEventListener("keydown", (event) => {
  const leave = event.key === "Escape" && event.target.closest?.(EDITOR)?.querySelector("[class*=st-key-cancel-] button");
  if (!leave) return;
  hold(event); // it would stop the answer that is being written
  leave.click();
}, true);

// Enter in a field of the form for a new endpoint adds it. The field hands over what is in it first.
addEventListener("keydown", (event) => {
  const form = event.key === "Enter" && !composes(event) && event.target.closest?.(".st-key-new-endpoint");
  if (form && event.target.matches("input:not([role=combobox])")) setTimeout(() => form.querySelector(".st-key-add button")?.click());
});
addEventListener("click", (event) => {
  if (waits(event.target.closest?.(SUBMIT))) hold(event);
}, true);
