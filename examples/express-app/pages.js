// What people see. No name here comes from a visitor.

const page = (body) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Acme</title>
    <link rel="stylesheet" href="/style.css" />
    <link rel="icon" href="data:," />
  </head>
  <body>
    <header><strong>Acme</strong> your application</header>
    <main>${body}</main>
  </body>
</html>`;

const hidden = (next) => `<input type="hidden" name="next" value="${next.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`)}" />`;

export const signInPage = (next) =>
  page(`<h1>Sign in</h1>
    <form method="post" action="/sign-in">
      ${hidden(next)}
      <button name="user" value="jane">Jane Doe</button>
      <button name="user" value="omar">Omar Haddad</button>
    </form>`);

export const billingPage = ({ name }) =>
  page(`<h1>Billing</h1>
    <p>Signed in as <b id="who">${name}</b></p>
    <p><a class="button" id="open" href="/portal">Open the billing portal</a></p>
    <form method="post">
      <button class="quiet" formaction="/sign-out">Sign out</button>
      <button class="quiet" id="elsewhere" formaction="/sign-out-elsewhere">Sign out everywhere else</button>
    </form>`);
