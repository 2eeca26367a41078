// The portal's data. In yours it comes from your own API.

export const invoices = [
  { number: "41", amount: "€ 120.00" },
  { number: "42", amount: "€ 98.50" },
  { number: "43", amount: "€ 240.00" },
];
