// Puts the cursor into the input box when the page shows one and the person is not busy elsewhere.
// Streamlit has no such setting. Not on touch screens: there it would open the keyboard.
const INPUT = "textarea[data-testid=stChatInputTextArea]:not(:disabled)";
let seen = null;

function focus() {
  if (seen?.isConnected && !seen.disabled) return;
  const input = document.querySelector(INPUT);
  const idle = document.activeElement === document.body || document.activeElement?.closest("button, a");
  if (input && input !== seen && idle && matchMedia("(pointer: fine)").matches) input.focus({ preventScroll: true });
  seen = input;
}

new MutationObserver(focus).observe(document.documentElement, { childList: true, subtree: true });
