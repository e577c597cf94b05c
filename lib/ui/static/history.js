// Back on the usage page goes to the range, or the filter, before. Streamlit writes each into the address in place of
// the one before, and does not look at the address when one goes back to it: so the page is loaded again there.
const USAGE = /\/usage\/?$/;
const { pushState, replaceState } = history;
let path = location.pathname;
let leaving = ""; // what a link wrote behind the address of the page that it is on

const isNew = (url) => {
  const next = new URL(url ?? location.href, location.href);
  return USAGE.test(path) && next.pathname === path && next.search !== location.search;
};

// A link to another page is written twice: first its query, behind the address of the page that it is on, then its path.
// The first is nowhere one has been, so Back does not go there.
history.pushState = (...entry) => {
  const next = new URL(entry[2] ?? location.href, location.href), stays = next.pathname === path;
  (!stays && leaving && next.search === leaving ? replaceState : pushState).apply(history, entry);
  leaving = stays ? next.search : "";
  path = location.pathname;
};
history.replaceState = (...entry) => {
  const adds = isNew(entry[2]) && navigator.userActivation?.hasBeenActive;
  (adds ? pushState : replaceState).apply(history, entry);
};
addEventListener("popstate", () => {
  if (USAGE.test(path) && location.pathname === path) location.reload();
  path = location.pathname;
});
