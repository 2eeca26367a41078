// The company's application: people sign in here, and go to the portal from here.

import express from "express";

import { signIn, signOut, signOutElsewhere, userOf } from "./accounts.js";
import { local } from "./local.js";
import { billingPage, signInPage } from "./pages.js";
import { endOtherSessions, openPortal } from "./portal.js";

const app = express();
const form = express.urlencoded();

app.use(express.static(new URL("public", import.meta.url).pathname));
app.get("/portal", openPortal);
app.get("/billing", openPortal.comingBack, (request, response) => {
  const user = userOf(request);
  if (user) response.send(billingPage(user));
  else response.redirect(303, "/sign-in");
});

app.get("/sign-in", (request, response) => response.send(signInPage(local(request.query.next))));
app.post("/sign-in", form, (request, response) => {
  const { user, next } = request.body ?? {};
  signIn(response, user);
  response.redirect(303, local(next));
});
app.post("/sign-out", (request, response) => {
  signOut(request, response);
  response.redirect(303, "/sign-in");
});
app.post("/sign-out-elsewhere", async (request, response) => {
  signOutElsewhere(request);
  if (userOf(request)) await endOtherSessions(userOf(request));
  response.redirect(303, "/billing");
});
app.get("/", (_request, response) => response.redirect("/billing"));

const port = Number(process.env.PORT ?? 3001);
app.listen(port, "127.0.0.1", () => console.log(`The application is at http://localhost:${port}`));
