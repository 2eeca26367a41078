"use client";

import { useActionState } from "react";

import { greet } from "./actions";

export function Greeting() {
  const [greeting, act] = useActionState(greet, "");
  return (
    <form action={act}>
      <button id="act">Greet</button>
      <output id="result">{greeting}</output>
    </form>
  );
}
