// A portal that is all script: the server knows one page, whatever the path.

import { useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import "./main.css";

const ask = (verb, init) => fetch(`/v2/portal.${verb}`, init);

function Enter() {
  useEffect(() => {
    const sessionId = new URLSearchParams(location.search).get("session");
    history.replaceState(null, "", location.pathname);
    const headers = { "content-type": "application/json" };
    ask("exchangeSession", { method: "POST", headers, body: JSON.stringify({ sessionId }) }).then(() => location.replace("/"));
  }, []);
  return <p>One moment…</p>;
}

function Portal() {
  const [who, setWho] = useState();
  const [result, setResult] = useState();
  const [path, setPath] = useState(location.pathname);
  useEffect(() => {
    ask("getSession").then((answer) => answer.json()).then(({ data }) => setWho(data.externalId));
  }, []);
  const [, invoice] = path.match(/^\/invoices\/(\d+)$/) ?? [];
  const act = async () => setResult(await (await fetch("/api/greet", { method: "POST" })).text());
  const leave = async () => (await ask("endSession", { method: "POST" })).ok && location.reload();
  const deeper = (event) => {
    event.preventDefault();
    history.pushState(null, "", "/invoices/42");
    setPath(location.pathname);
  };
  return (
    <main>
      {invoice ? <h1 id="invoice">{invoice}</h1> : <h1 id="who">{who}</h1>}
      <a id="deeper" href="/invoices/42" onClick={deeper}>Invoice 42</a>
      <button id="act" onClick={act}>Greet</button>
      <output id="result">{result}</output>
      <button id="logout" onClick={leave}>Sign out</button>
    </main>
  );
}

createRoot(document.getElementById("root")).render(/^\/enter\/?$/.test(location.pathname) ? <Enter /> : <Portal />);
