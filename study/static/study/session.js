"use strict";
/* The end of a session: a word before it comes, and nothing unsent lost when somebody signs out. Without this script
   the server ends sessions all the same. */
(function () {
  const WARN_BEFORE_MS = 3 * 60000;
  const LOOK_EVERY_MS = 15000;
  const CONTACT = "equipoise-contact";
  const SENT = "equipoise-sent";
  const KEPT = /^equipoise-(answer|rating)/;
  const idleMs = 1000 * Number(document.currentScript.dataset.idleS);
  const home = document.querySelector(".brand").href;
  let lastContact = Date.now();
  let box = null;

  function storage(act) {
    try {
      return act();
    } catch (error) {
      return null; /* Storage may be forbidden; then this page speaks for itself alone. */
    }
  }

  /* Every tab of this browser lives on the same session. */
  function touch() {
    lastContact = Date.now();
    storage(function () { localStorage.setItem(CONTACT, String(lastContact)); });
    hide();
  }

  function sinceContact() {
    const elsewhere = storage(function () { return Number(localStorage.getItem(CONTACT)); });
    return Date.now() - Math.max(lastContact, elsewhere || 0);
  }

  function hide() {
    if (box) {
      box.remove();
      box = null;
    }
  }

  function show(text, buttons) {
    hide();
    box = document.createElement("div");
    box.className = "notice notice-warn session-notice";
    box.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = text;
    const row = document.createElement("p");
    row.className = "row";
    for (const [label, act, kind] of buttons) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button " + kind;
      button.textContent = label;
      button.addEventListener("click", act);
      row.append(button);
    }
    box.append(words, row);
    document.getElementById("content").prepend(box);
  }

  function stay() {
    fetch(home, { credentials: "same-origin", redirect: "manual", cache: "no-store" })
      .then(function (answer) {
        if (answer.ok) touch();
        else ended();
      })
      .catch(function () { show("The server cannot be reached. What you type is kept on this device.", [["Try again", stay, ""]]); });
  }

  function ended() {
    show("You are signed out, because nothing was sent for a long time. An answer or a rating that you were writing is kept. Sign in again in a new tab, then come back.", [
      ["Sign in (new tab)", function () { window.open(home, "_blank", "noopener"); hide(); }, ""],
    ]);
  }

  function look() {
    const idle = sinceContact();
    if (idle < idleMs - WARN_BEFORE_MS) {
      if (box && box.dataset.warning) hide();
    } else if (!box && idle < idleMs) {
      show("You will be signed out in about three minutes, because nothing was sent for a long time.", [["Stay signed in", stay, ""]]);
      box.dataset.warning = "1";
    } else if (box && box.dataset.warning && idle >= idleMs) {
      ended();
    }
  }

  /* A rating that was sent and accepted needs its copy on this device no more. */
  function forgetAccepted() {
    storage(function () {
      const sent = sessionStorage.getItem(SENT);
      sessionStorage.removeItem(SENT);
      const form = document.getElementById("rating");
      if (sent && !(form && sent.endsWith(" " + form.dataset.keep))) localStorage.removeItem(sent);
    });
  }

  function leftOver() {
    return storage(function () { return Object.keys(localStorage).some(function (name) { return KEPT.test(name); }); });
  }

  /* Signing out clears what this browser kept, so that the next person at a shared computer reads nothing: first
     everything unsent goes to the server, and if it cannot, the person decides. */
  async function signOut(event) {
    event.preventDefault();
    const form = event.currentTarget;
    const flushed = [];
    document.dispatchEvent(new CustomEvent("equipoise:sign-out", { detail: flushed }));
    const isAllSent = (await Promise.all(flushed)).every(Boolean);
    if (isAllSent && !leftOver()) {
      form.submit();
      return;
    }
    show("Words of an answer or a rating are on this device and not on the server. Signing out deletes them here. Stay, and open the page on which they were typed, to send them.", [
      ["Stay", hide, ""],
      ["Sign out and delete them", function () { form.submit(); }, "button-danger"],
    ]);
  }

  touch();
  forgetAccepted();
  document.addEventListener("equipoise:saved", touch);
  const out = document.querySelector("form[data-sign-out]");
  if (out) out.addEventListener("submit", signOut);
  window.setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
})();
