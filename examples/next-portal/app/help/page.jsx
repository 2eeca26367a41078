import Link from "next/link";

/** Built once, the same for all; yet only those with a session see it. */
export default function Help() {
  return (
    <main>
      <h1 id="help">Help</h1>
      <p>Write to billing@example.com.</p>
      <Link href="/">Back</Link>
    </main>
  );
}
