// Known to the page's policy by its hash. Without it the button does the same.
(() => {
  const form = document.querySelector("form");
  // No server sees it, but the portal may route by it.
  form.action += location.hash;
  // Out of the address bar and the history, before anything else can look there.
  history.replaceState(null, "", location.pathname);
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    document.body.setAttribute("aria-busy", "true");
  });
  // Shown again from memory by the back button: the form may be used again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    sent = false;
    document.body.removeAttribute("aria-busy");
  });
  // A page that was loaded ahead of time or in the background waits until somebody looks at it.
  const goOn = () => {
    if (!sent && !document.prerendering && document.visibilityState === "visible") form.requestSubmit();
  };
  if (!("goesOn" in form.dataset)) return;
  document.addEventListener("visibilitychange", goOn);
  document.addEventListener("prerenderingchange", goOn);
  goOn();
})();
