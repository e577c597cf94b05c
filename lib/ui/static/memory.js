// What Streamlit keeps in the browser by the address of a page belongs to all of them: the theme holds everywhere. And
// on a phone the sidebar, which lies over the page there, closes when something in it was chosen, and is closed at first.
const THEME = /^stActiveTheme-.*?(-v\d+)?$/;
const SIDEBAR = /^stSidebarCollapsed-/;
const OVER = matchMedia("(width <= 768px)");
const CHOICES = "[data-testid=stSidebar] a[href], [data-testid=stSidebar] .st-key-restore button";
const { getItem, setItem } = Storage.prototype;

const named = (name) => String(name).replace(THEME, "stActiveTheme-parley$1");

Storage.prototype.getItem = function (name) {
  if (OVER.matches && SIDEBAR.test(name)) return null;
  return getItem.call(this, named(name)) ?? getItem.call(this, name);
};
Storage.prototype.setItem = function (name, value) {
  if (!(OVER.matches && SIDEBAR.test(name))) setItem.call(this, named(name), value);
};

addEventListener("click", (event) => {
  if (!OVER.matches || event.ctrlKey || event.metaKey || !event.target.closest?.(CHOICES)) return;
  setTimeout(() => document.querySelector("[data-testid=stSidebar][data-collapsed=false] [data-testid=stSidebarCollapseButton] button")?.click());
});
