// Compiled, never run: the same package by `require`.

import sdk = require("@vestibule/sdk");

export const vestibule: sdk.Vestibule = new sdk.Vestibule({ url: "https://sessions.example.com" });
