// The portal's one script: who is there, a form, the way out.

const ask = (verb, init) => fetch(`/v2/portal.${verb}`, init);

if (/^\/enter\/?$/.test(location.pathname)) {
  const sessionId = new URLSearchParams(location.search).get("session");
  history.replaceState(null, "", location.pathname);
  const headers = { "content-type": "application/json" };
  await ask("exchangeSession", { method: "POST", headers, body: JSON.stringify({ sessionId }) });
  location.replace("/");
} else {
  const leave = document.createElement("button");
  leave.id = "logout";
  leave.textContent = "Sign out";
  leave.onclick = async () => (await ask("endSession", { method: "POST" })).ok && location.reload();
  document.body.append(leave);
  const who = document.getElementById("who");
  if (who) who.textContent = (await (await ask("getSession")).json()).data.externalId;
  const act = document.getElementById("act");
  if (act) {
    act.onclick = async () => {
      const answer = await fetch("/api/greet", { method: "POST" });
      document.getElementById("result").textContent = await answer.text();
    };
  }
}
