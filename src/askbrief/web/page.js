"use strict";
// The token is in a cookie now; it need not stay in the address bar.
history.replaceState(null, "", "/");
document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("restart").addEventListener("click", () => location.reload());
  const started = new MutationObserver(() => {
    if (document.body.classList.contains("-first-byte")) {
      started.disconnect();
      document.querySelector(".xterm-helper-textarea").focus();
    }
  });
  started.observe(document.body, { attributeFilter: ["class"] });
});
