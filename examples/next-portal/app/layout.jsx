import { LeaveWhenOver } from "@vestibule/sdk/next/client";

import "./style.css";

export const metadata = { title: "Acme Billing" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>
        <LeaveWhenOver />
        {children}
      </body>
    </html>
  );
}
