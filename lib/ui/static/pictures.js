// Pictures that are pasted or dropped anywhere on the image page go to its place for files.
// Streamlit's takes them only when they are dropped right on it, and a browser opens what is dropped beside it.
const PLACE = ".st-key-analysis [data-testid=stFileUploader] input[type=file]";

function hand(event, transfer) {
  const input = document.querySelector(PLACE);
  if (!input || !transfer?.files.length) return;
  event.preventDefault();
  event.stopPropagation();
  input.files = transfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

const onPlace = (event) => event.target.closest?.("[data-testid=stFileUploader]");

addEventListener("paste", (event) => hand(event, event.clipboardData), true);
addEventListener("dragover", (event) => {
  if (document.querySelector(PLACE) && !onPlace(event)) event.preventDefault();
});
addEventListener("drop", (event) => {
  if (!onPlace(event)) hand(event, event.dataTransfer);
});
