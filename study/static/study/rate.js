// The rating page works without this file. With it: keys for the scores, a draft on this device until the server has
// it, active seconds.
(function () {
  "use strict";
  const form = document.getElementById("rating");
  if (!form) return;
  const state = document.getElementById("save-state");
  const seconds = form.elements.namedItem("active_seconds");
  const help = document.getElementById("keys-help");
  const IDLE_MS = 60000;
  const KEEP_MS = 3000;
  const RETRY_MS = 5000;
  const person = document.querySelector("[data-person]").textContent;
  const deviceKey = "equipoise-rating " + person + " " + form.dataset.keep;
  // What the server sent, and not what stands in the fields: a quick hand scores before this script runs.
  let stored = snapshot(true);
  let isSaving = false;
  let active = Number(seconds.value) || 0;
  let lastAct = Date.now();
  let timer = 0;
  let submitting = false;

  help.hidden = false;
  const problems = document.getElementById("problems");
  if (problems) {
    problems.focus();
    stored = "";
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

  // The draft: on this device at once, on the server three seconds after the last change and when the page is left.
  function snapshot(asSent) {
    const pairs = [];
    Array.from(form.elements).forEach(function (field) {
      if (!field.name || field.name === "csrfmiddlewaretoken" || field.name === "active_seconds") return;
      if (field.type === "radio" || field.type === "checkbox") {
        if (asSent ? field.defaultChecked : field.checked) pairs.push([field.name, field.value]);
      } else {
        pairs.push([field.name, asSent ? field.defaultValue : field.value]);
      }
    });
    return JSON.stringify(pairs);
  }
  function device(act) {
    try {
      return act(localStorage);
    } catch (error) {
      return null; // storage may be forbidden
    }
  }
  function put(pairs) {
    Array.from(form.elements).forEach(function (field) {
      const values = pairs.filter(function (pair) { return pair[0] === field.name; });
      if (field.type === "radio" || field.type === "checkbox") {
        field.checked = values.some(function (pair) { return pair[1] === field.value; });
      } else if (values.length && field.type !== "hidden") {
        field.value = values[0][1];
      }
    });
  }
  function send(leaving) {
    const headers = { Accept: "application/json" };
    return fetch(form.dataset.keep, { method: "POST", body: new FormData(form), headers: headers, keepalive: leaving, redirect: "manual" });
  }
  // A new sign-in changes the form's key: take it over from this page, if the same person signed in.
  async function renewKey() {
    const answer = await fetch(location.href, { redirect: "manual" });
    if (!answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector('#rating input[name="csrfmiddlewaretoken"]');
    const now = page.querySelector("[data-person]");
    if (!fresh || !now || now.textContent !== person) return false;
    form.querySelector('input[name="csrfmiddlewaretoken"]').value = fresh.value;
    return true;
  }
  function showSignIn() {
    if (state.querySelector("a")) return;
    state.textContent = "Only on this device: you are signed out. ";
    const link = document.createElement("a");
    link.href = document.querySelector(".brand").href;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "Sign in (new tab), then come back";
    state.append(link);
  }
  async function keep(leaving) {
    window.clearTimeout(timer);
    timer = 0;
    const current = snapshot();
    if (isSaving || current === stored) return;
    isSaving = true;
    try {
      let answer = await send(leaving);
      if (answer.status === 403 && (await renewKey())) answer = await send(leaving);
      if (answer.status === 401 || answer.type === "opaqueredirect") return showSignIn();
      if (answer.status !== 200) throw new Error(String(answer.status));
      const saved = await answer.json();
      stored = current;
      state.textContent = "Draft kept on the server " + saved.saved_at + " UTC";
      document.dispatchEvent(new Event("equipoise:saved"));
      if (snapshot() === stored) device(function (box) { box.removeItem(deviceKey); });
    } catch (error) {
      state.textContent = "Only on this device: the server did not take it. It is tried again.";
    } finally {
      isSaving = false;
    }
  }
  async function flush() {
    for (let wait = 0; isSaving && wait < 50; wait += 1) {
      await new Promise(function (go) { window.setTimeout(go, 100); });
    }
    await keep(false);
    return snapshot() === stored;
  }
  function changed() {
    const isKept = device(function (box) { box.setItem(deviceKey, snapshot()); return true; });
    if (!state.querySelector("a")) state.textContent = isKept ? "Only on this device" : "Not kept yet";
    window.clearTimeout(timer);
    timer = window.setTimeout(keep, KEEP_MS, false);
  }
  function restore() {
    const kept = device(function (box) { return box.getItem(deviceKey); });
    if (!kept || kept === stored || problems) return;
    put(JSON.parse(kept));
    changed();
    state.textContent = "Brought back from this device; not yet on the server";
  }
  form.addEventListener("input", changed);
  form.addEventListener("submit", function () {
    submitting = true;
    window.clearTimeout(timer);
    device(function (box) {
      box.setItem(deviceKey, snapshot());
      sessionStorage.setItem("equipoise-sent", deviceKey);
    });
  });
  document.addEventListener("visibilitychange", function () {
    if (!submitting) keep(document.hidden);
  });
  document.addEventListener("equipoise:sign-out", function (event) { event.detail.push(flush()); });
  window.setInterval(function () {
    if (!timer && !submitting) keep(false);
  }, RETRY_MS);
  window.addEventListener("pageshow", function () { submitting = false; });
  restore();

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
