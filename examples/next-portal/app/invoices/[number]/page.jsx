import { notFound } from "next/navigation";

import { invoices } from "../../../invoices";
import { Frame } from "../../frame";
import { Send } from "./send";

export default async function Invoice({ params }) {
  const { number } = await params;
  const invoice = invoices.find((one) => one.number === number);
  if (invoice === undefined) notFound();
  return (
    <Frame>
      <h1 id="invoice">Invoice {number}</h1>
      <p className="amount">{invoice.amount}</p>
      <Send number={number} />
    </Frame>
  );
}
