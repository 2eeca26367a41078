import { headers } from "next/headers";
import Link from "next/link";

import { Greeting } from "./greeting";
import { Logout } from "./logout";

export default async function Home() {
  const who = (await headers()).get("portal-external-id");
  return (
    <main>
      <h1 id="who">{who}</h1>
      <Link id="deeper" href="/invoices/42">Invoice 42</Link>
      <Greeting />
      <Logout />
    </main>
  );
}
