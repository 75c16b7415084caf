// The rating page works without this file. With it: keys for the scores, a draft on the server, active seconds.
(function () {
  "use strict";
  const form = document.getElementById("rating");
  if (!form) return;
  const state = document.getElementById("save-state");
  const seconds = form.elements.namedItem("active_seconds");
  const help = document.getElementById("keys-help");
  const IDLE_MS = 60000;
  const KEEP_MS = 3000;
  let active = Number(seconds.value) || 0;
  let lastAct = Date.now();
  let timer = 0;
  let submitting = false;

  help.hidden = false;
  const problems = document.getElementById("problems");
  if (problems) {
    problems.focus();
    changed(); // what was refused is kept as a draft too
  }

  // Active seconds: only while the page is seen and somebody reads, scrolls or types.
  ["keydown", "pointermove", "pointerdown", "scroll"].forEach(function (name) {
    document.addEventListener(name, function () { lastAct = Date.now(); }, { passive: true, capture: true });
  });
  window.setInterval(function () {
    if (!document.hidden && Date.now() - lastAct < IDLE_MS) {
      active += 1;
      seconds.value = String(active);
    }
  }, 1000);

  // The draft: three seconds after the last change, and at once when the page is left.
  function keep(leaving) {
    window.clearTimeout(timer);
    timer = 0;
    fetch(form.dataset.keep, { method: "POST", body: new FormData(form), keepalive: leaving, redirect: "manual" })
      .then(function (response) {
        if (response.status !== 200) throw new Error(String(response.status));
        return response.json();
      })
      .then(function (saved) { state.textContent = "Draft kept on the server " + saved.saved_at + " UTC"; })
      .catch(function () { state.textContent = "Not kept on the server: save before you leave this page."; });
  }
  function changed() {
    state.textContent = "Not kept yet";
    window.clearTimeout(timer);
    timer = window.setTimeout(keep, KEEP_MS, false);
  }
  form.addEventListener("input", changed);
  form.addEventListener("submit", function () {
    submitting = true;
    window.clearTimeout(timer);
  });
  document.addEventListener("visibilitychange", function () {
    if (document.hidden && timer && !submitting) keep(true);
  });

  // Keys: 1-5 scores the scale in focus and moves on; up and down move between groups; ? shows the keys.
  const groups = Array.from(form.querySelectorAll("fieldset.scale")).filter(function (group) {
    return group.querySelector("input[type=radio]");
  });
  function isTyping(element) {
    return element.tagName === "TEXTAREA" || (element.tagName === "INPUT" && element.type === "text");
  }
  function focused() {
    return groups.findIndex(function (group) { return group.contains(document.activeElement); });
  }
  function firstOpen() {
    return groups.findIndex(function (group) {
      return "scale" in group.dataset && !group.querySelector("input:checked");
    });
  }
  function go(index) {
    const group = groups[Math.max(0, Math.min(groups.length - 1, index))];
    (group.querySelector("input:checked") || group.querySelector("input")).focus();
    group.scrollIntoView({ block: "nearest" });
  }
  function score(index, value) {
    const input = groups[index].querySelector('input[value="' + value + '"]');
    if (!input || !("scale" in groups[index].dataset)) return false;
    input.checked = true;
    input.focus();
    changed();
    if (index + 1 < groups.length) go(index + 1);
    return true;
  }
  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target)) return;
    const index = focused();
    if (/^[1-5]$/.test(event.key)) {
      const target = index >= 0 ? index : firstOpen();
      if (target >= 0 && score(target, event.key)) event.preventDefault();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && index >= 0) {
      go(index + (event.key === "ArrowDown" ? 1 : -1));
      event.preventDefault();
    } else if (event.key === "?") {
      help.open = !help.open;
    }
  });
})();
