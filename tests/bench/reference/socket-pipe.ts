import { type AddressInfo, connect, createServer } from "node:net";
import { answer, settings } from "../child-side.ts";

/** The ceiling for a WebSocket proxy in Node: two sockets piped into one another, from the first byte on. */
const { upstreamPort } = settings<{ upstreamPort: number }>();
const server = createServer({ noDelay: true }, (client) => {
  const upstream = connect({ port: upstreamPort, host: "127.0.0.1", noDelay: true });
  client.pipe(upstream).pipe(client);
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on("error", () => one.destroy());
    one.on("close", () => other.destroy());
  }
});
server.listen(0, "127.0.0.1", () => answer({ port: (server.address() as AddressInfo).port }));
