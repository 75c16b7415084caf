"use strict";
/* Joins the page's button to the browser's passkeys, and says what went wrong in words. */
(function () {
  const form = document.querySelector("form[data-passkey]");
  const data = document.getElementById("passkey-data");
  const problem = document.querySelector("[data-passkey-problem]");
  if (!form || !data) {
    return;
  }
  const button = form.querySelector('button[type="button"]');
  button.id = "passkey-button";
  function say(text) {
    problem.textContent = text;
    problem.hidden = false;
  }
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    say("This browser offers no passkeys at this address. An authenticator app works everywhere.");
    return;
  }
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    say("The passkey was not used (" + event.detail.exception.name + "). Nothing was changed: try again, or use an authenticator app.");
  });
  const ids = { data: "passkey-data", credential: form.elements.namedItem("credential").id };
  if (form.dataset.passkey === "create") {
    window.allauth.webauthn.forms.addForm({ ids: Object.assign({ add: button.id }, ids) });
  } else {
    window.allauth.webauthn.forms.authenticateForm({ ids: Object.assign({ authenticate: button.id }, ids) });
  }
})();
