"use strict";
/* Keeps what is typed: on this device within a second, on the server every four. Without this script the page works
   the same by its two buttons. */
(function () {
  const DEVICE_MS = 800;
  const SERVER_MS = 4000;
  const IDLE_MS = 60000;

  const sent = document.querySelector("[data-sent]");
  if (sent) {
    forget(sent.dataset.sent);
  }
  const form = document.getElementById("answer");
  if (!form) {
    return;
  }
  const key = form.dataset.deviceKey;
  const fields = Array.from(form.querySelectorAll("textarea"));
  const resources = form.elements.namedItem("resources");
  const saved = document.getElementById("saved");
  const words = document.getElementById("words");
  const rival = document.getElementById("rival");
  const problems = document.getElementById("problems");
  const hasProblems = problems !== null;
  /* What the server sent, and not what stands in the fields: a quick hand types before this script runs. */
  let stored = hasProblems ? "" : snapshot("defaultValue");
  let isSaving = false;
  /* A page that came back with two texts waits for a choice: saving would let one of them go. */
  let isHeld = hasProblems && !rival.hidden;
  let isSettled = false;
  let isLeaving = false;
  let isSigningOut = false;
  let lastInput = 0;
  let lastTick = Date.now();
  let deviceTimer = 0;

  function hidden(name) {
    return form.querySelector('input[name="' + name + '"]');
  }

  function snapshot(property) {
    const texts = {};
    for (const field of fields.concat(resources)) {
      texts[field.name] = field[property || "value"];
    }
    return JSON.stringify(texts);
  }

  function say(text, isUnsaved) {
    saved.textContent = text;
    saved.classList.toggle("unsaved", Boolean(isUnsaved));
  }

  function forget(name) {
    try {
      localStorage.removeItem(name);
    } catch (error) {
      /* Storage may be forbidden; then there is nothing to forget. */
    }
  }

  function keepOnDevice() {
    try {
      localStorage.setItem(key, snapshot());
      return true;
    } catch (error) {
      return false;
    }
  }

  /* A page that is left may still be saving: its successor in this tab goes on under its name, or it would meet its
     own text as another page's. A name is taken once, so that a copied tab gets another. */
  function takeName() {
    try {
      const name = sessionStorage.getItem(key);
      sessionStorage.removeItem(key);
      if (name && !hasProblems) {
        hidden("tab").value = name;
      }
    } catch (error) {
      /* Storage may be forbidden; then both texts are shown. */
    }
  }

  function handOver(event) {
    if (event.persisted || isSigningOut) {
      return;
    }
    try {
      sessionStorage.setItem(key, hidden("tab").value);
    } catch (error) {
      /* As above. */
    }
  }

  function restoreFromDevice() {
    let kept = null;
    try {
      kept = localStorage.getItem(key);
    } catch (error) {
      return;
    }
    if (kept === null || kept === stored || hasProblems || snapshot() !== stored) {
      return;
    }
    const texts = JSON.parse(kept);
    for (const field of fields.concat(resources)) {
      if (typeof texts[field.name] === "string") {
        field.value = texts[field.name];
      }
    }
    if (rival.hidden) {
      say("Brought back from this device; not yet on the server", true);
    } else {
      /* This page was left before a choice: saving would let the text on the server go. */
      hold({ version: hidden("version").value, theirs: JSON.parse(stored) });
    }
  }

  function count() {
    let total = 0;
    for (const field of fields) {
      total += field.value.split(/\s+/).filter(Boolean).length;
    }
    const cap = Number(form.dataset.cap);
    words.textContent = total + " of " + cap + " words" + (total > cap ? ": too long to submit" : "");
    words.classList.toggle("over", total > cap);
  }

  function measure() {
    const now = Date.now();
    if (document.visibilityState === "visible" && now - lastInput < IDLE_MS) {
      const field = hidden("active_seconds");
      field.value = ((Number(field.value) || 0) + Math.min(now - lastTick, 5000) / 1000).toFixed(1);
    }
    lastTick = now;
  }

  async function send() {
    const data = new FormData(form);
    if (!isSettled) {
      data.delete("rival_seen");
    }
    return fetch(form.dataset.draftUrl, {
      method: "POST",
      body: data,
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "manual",
      keepalive: document.visibilityState === "hidden",
    });
  }

  /* A new sign-in changes the form's key: fetch this page again and take its key over. */
  async function renewKey() {
    const answer = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
    if (!answer.ok) {
      return false;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const theirs = page.getElementById("answer");
    const fresh = page.querySelector('#answer input[name="csrfmiddlewaretoken"]');
    if (!fresh || theirs.dataset.deviceKey !== key) {
      return false; /* Somebody else signed in: this text is not theirs. */
    }
    hidden("csrfmiddlewaretoken").value = fresh.value;
    return true;
  }

  function showSignIn() {
    if (saved.querySelector("a")) {
      return;
    }
    say("Only on this device: you are signed out. ", true);
    const link = document.createElement("a");
    link.href = form.dataset.signIn;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = "Sign in (new tab), then come back";
    saved.append(link);
  }

  async function save() {
    const current = snapshot();
    if (isSaving || isHeld || isLeaving || current === stored) {
      return;
    }
    isSaving = true;
    try {
      let answer = await send();
      if (answer.status === 403 && (await renewKey())) {
        answer = await send();
      }
      await take(answer, current);
    } catch (error) {
      say("Only on this device: the server cannot be reached", true);
    } finally {
      isSaving = false;
    }
  }

  /* Before signing out: true when the server has every word. */
  async function flush() {
    for (let wait = 0; isSaving && wait < 50; wait += 1) {
      await new Promise(function (go) { setTimeout(go, 100); });
    }
    await save();
    return !isHeld && snapshot() === stored;
  }

  async function take(answer, current) {
    if (answer.status === 401 || answer.type === "opaqueredirect") {
      showSignIn();
      return;
    }
    if (answer.status === 403) {
      say("Only on this device: somebody else is signed in, or you may not write here now. Sign in as yourself", true);
      return;
    }
    const body = await answer.json();
    if (answer.ok) {
      stored = current;
      document.dispatchEvent(new Event("equipoise:saved"));
      hidden("version").value = body.version;
      isSettled = false;
      say("Saved on the server " + new Date(body.saved_at).toLocaleTimeString("en-GB"));
      if (snapshot() === stored) {
        forget(key);
      }
    } else if (body.code === "draft_conflict") {
      hold(body);
    } else {
      say("Only on this device: " + body.message, true);
    }
  }

  function hold(body) {
    isHeld = true;
    hidden("version").value = body.version;
    hidden("rival_seen").value = "True";
    const list = document.getElementById("rival-text");
    list.replaceChildren();
    for (const field of fields) {
      if (body.theirs[field.name]) {
        const heading = document.createElement("dt");
        heading.textContent = form.querySelector('label[for="' + field.id + '"]').textContent;
        const text = document.createElement("dd");
        text.className = "answer-text";
        text.textContent = body.theirs[field.name];
        list.append(heading, text);
      }
    }
    document.getElementById("keep-mine").onclick = function () {
      settle(null);
    };
    document.getElementById("take-other").onclick = function () {
      settle(body.theirs);
    };
    document.getElementById("rival-choice").hidden = false;
    rival.hidden = false;
    say("Two pages hold different texts: choose below", true);
    rival.scrollIntoView({ block: "nearest" });
  }

  function settle(texts) {
    if (texts) {
      for (const field of fields) {
        field.value = texts[field.name] || "";
      }
    }
    rival.hidden = true;
    isHeld = false;
    isSettled = true;
    stored = "";
    keepOnDevice();
    count();
    save();
  }

  form.addEventListener("input", function () {
    lastInput = Date.now();
    isSigningOut = false;
    count();
    clearTimeout(deviceTimer);
    deviceTimer = setTimeout(function () {
      if (snapshot() === stored) {
        return;
      }
      const isKept = keepOnDevice();
      if (!isHeld && !saved.querySelector("a")) {
        say(isKept ? "Only on this device" : "Not saved yet", true);
      }
    }, DEVICE_MS);
  });
  form.addEventListener("focusout", save);
  document.addEventListener("equipoise:sign-out", function (event) {
    isSigningOut = true; /* Typing on takes it back. */
    event.detail.push(flush());
  });
  form.addEventListener("submit", function (event) {
    if (isLeaving) {
      event.preventDefault();
      return;
    }
    keepOnDevice();
    isLeaving = true;
  });
  document.addEventListener("visibilitychange", function () {
    if (snapshot() !== stored && !isLeaving) {
      keepOnDevice();
    }
    save();
  });
  window.addEventListener("pagehide", handOver);
  window.addEventListener("pageshow", function () {
    isLeaving = false;
  });
  setInterval(measure, 1000);
  setInterval(save, SERVER_MS);
  takeName();
  restoreFromDevice();
  count();
  if (hasProblems) {
    problems.focus();
  }
})();
