"use client";

import { useActionState } from "react";

import { sendInvoice } from "../../actions";

export function Send({ number }) {
  const [sent, act] = useActionState(sendInvoice.bind(null, number), "");
  return (
    <form action={act}>
      <button id="send">Send me this invoice</button>
      <output id="sent">{sent}</output>
    </form>
  );
}
