import { notFound } from "next/navigation";
import { Suspense } from "react";

import { invoices } from "../../../invoices";
import { Frame } from "../../frame";
import { Send } from "./send";

export default function Page({ params }) {
  return (
    <Frame>
      <Suspense><Invoice params={params} /></Suspense>
    </Frame>
  );
}

async function Invoice({ params }) {
  const { number } = await params;
  const invoice = invoices.find((one) => one.number === number);
  if (invoice === undefined) notFound();
  return (
    <>
      <h1 id="invoice">Invoice {number}</h1>
      <p className="amount">{invoice.amount}</p>
      <Send number={number} />
    </>
  );
}
