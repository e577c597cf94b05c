// What the server sends in one go comes as message after message, and Streamlit begins to draw the page at the first one:
// it goes through all of it for each. So a message waits for those right behind it; in a tab that nobody sees, where a
// millisecond can be a second, it does not.
const BEHIND = 1; // milliseconds

class Told extends MessageEvent {}

window.WebSocket = class extends WebSocket {
  constructor(...how) {
    super(...how);
    let held = [];
    const tell = () => {
      const all = held;
      held = [];
      for (const data of all) this.dispatchEvent(new Told("message", { data }));
    };
    this.addEventListener("message", (event) => {
      if (event instanceof Told) return;
      event.stopImmediatePropagation();
      held.push(event.data);
      if (document.hidden) tell();
      else if (held.length === 1) setTimeout(tell, BEHIND);
    });
    this.addEventListener("close", tell); // before anybody else hears of it
  }
};
