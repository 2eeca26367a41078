import { Logout } from "../../logout";

export default async function Invoice({ params }) {
  const { id } = await params;
  return (
    <main>
      <h1 id="invoice">{id}</h1>
      <Logout />
    </main>
  );
}
