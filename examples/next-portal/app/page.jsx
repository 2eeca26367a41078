import Link from "next/link";

import { invoices } from "../invoices";
import { Frame } from "./frame";

export default function Home() {
  return (
    <Frame>
      <h1>Invoices</h1>
      <ul>
        {invoices.map(({ number, amount }) => (
          <li key={number}>
            <Link href={`/invoices/${number}`}>Invoice {number}</Link>
            <span>{amount}</span>
          </li>
        ))}
      </ul>
    </Frame>
  );
}
