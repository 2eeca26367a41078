"use server";

import { portal } from "../portal";

export async function sendInvoice(number) {
  const user = await portal.user({ permissions: ["invoices:send"] });
  return `Invoice ${number} is on its way to ${user.externalId}.`;
}
