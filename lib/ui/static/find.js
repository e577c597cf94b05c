// Who follows what a search has found sees that message in the middle of the page. It is looked for only after the click.
const LINK = ".st-key-found a[href*='m=']";
const PATIENCE = 10000, QUIET = 300; // milliseconds: to look for it, and without a change of the page before it is shown

const place = (id) => document.querySelector(`.st-key-acts-${id}, .st-key-quiet-acts-${id}`)?.closest("[data-testid=stChatMessage]");

addEventListener("click", (event) => {
  const link = event.target.closest?.(LINK);
  const id = link && new URL(link.href).searchParams.get("m");
  if (!id || !/^\d+$/.test(id)) return;
  let timer = 0;
  const show = () => {
    if (!place(id)) return;
    observer.disconnect();
    place(id).scrollIntoView({ block: "center" });
  };
  const observer = new MutationObserver(() => {
    clearTimeout(timer);
    timer = setTimeout(show, QUIET);
  });
  observer.observe(document.body, { childList: true, subtree: true });
  timer = setTimeout(show, QUIET);
  setTimeout(() => observer.disconnect(), PATIENCE);
}, true);
