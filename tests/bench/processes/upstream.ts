import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { answer, settings } from "../child-side.ts";

/** Stands for a user's server: 200 bytes of JSON for any request, and an echo for any WebSocket. */
const body = Buffer.from(JSON.stringify({ version: "2.17.0", padding: "x".repeat(164) }));
const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume();
  response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length });
  response.end(body);
});

server.on("upgrade", (request, socket: Socket) => {
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  const accept = request.headers["sec-websocket-key"] === sampleKey ? sampleAccept : "";
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  // A frame goes back as it came: this measures proxies, and none of them looks into one.
  socket.pipe(socket);
});

/** RFC 6455 §1.3's own example. */
const sampleKey = "dGhlIHNhbXBsZSBub25jZQ==";
const sampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** kwok's pods have addresses all over 127.0.0.0/8; one server on all of them answers for every pod. */
const { host = "127.0.0.1" } = settings<{ host?: string }>();
server.listen(0, host, () => answer({ port: (server.address() as AddressInfo).port }));
