// A form's answer on Express. As frameworks do against forged requests, it compares the `Origin` with the host.

export function greet(request, response) {
  const origin = request.get("origin") ?? "none";
  const host = request.get("host");
  if (origin !== `https://${host}`) {
    response.status(403).send(`${origin} is not of ${host}`);
  } else {
    response.send(`Hello ${request.get("portal-external-id")}`);
  }
}
