"use strict";
// The token is in a cookie now; it need not stay in the address bar. The conversation's number may: a reload continues it.
history.replaceState(null, "", "/" + location.hash);
const conversation = /^#(\d+)$/.exec(location.hash)?.[1];
let socket;

function show({ title, conversation }) {
  document.title = title;
  history.replaceState(null, "", conversation ? `/#${conversation}` : "/");
}

// textual.js opens the one socket of the page; it is told the conversation, and its messages about the page are heard.
window.WebSocket = class extends WebSocket {
  constructor(url) {
    super(conversation ? `${url}&conversation=${conversation}` : url);
    socket = this;
    this.addEventListener("message", ({ data }) => {
      if (typeof data === "string") {
        const [kind, value] = JSON.parse(data);
        if (kind === "page") show(value);
      }
    });
  }
};

function focusTerminal() {
  document.querySelector(".xterm-helper-textarea").focus();
}

document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("restart").addEventListener("click", () => {
    history.replaceState(null, "", "/");
    location.reload();
  });
  for (const button of document.querySelectorAll("nav button")) {
    button.addEventListener("click", () => {
      socket.send(JSON.stringify(["stdin", JSON.parse(button.dataset.keys)]));
      focusTerminal();
    });
  }
  const started = new MutationObserver(() => {
    if (document.body.classList.contains("-first-byte")) {
      started.disconnect();
      focusTerminal();
    }
  });
  started.observe(document.body, { attributeFilter: ["class"] });
});
