// Back on the usage page goes to the range, or the filter, before. Streamlit writes each into the address in place of
// the one before, and does not look at the address when one goes back to it: so the page is loaded again there.
const USAGE = /\/usage\/?$/;
const { pushState, replaceState } = history;
let path = location.pathname;

const isNew = (url) => {
  const next = new URL(url ?? location.href, location.href);
  return USAGE.test(path) && next.pathname === path && next.search !== location.search;
};

history.pushState = (...entry) => {
  pushState.apply(history, entry);
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
