import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** RFC 6455, as much of it as somebody needs who never looks into a frame. */
const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** Whether this asks for a WebSocket and nothing else: no `h2c`, no list of protocols, no body (CVE-2026-88008). */
export function asksForWebSocket(request: IncomingMessage): boolean {
  const { headers, method, httpVersion } = request;
  if (method !== "GET" || httpVersion !== "1.1" || headers["transfer-encoding"] !== undefined) return false;
  if (headers["content-length"] !== undefined && headers["content-length"] !== "0") return false;
  if (headers.upgrade?.toLowerCase() !== "websocket" || headers["sec-websocket-version"] !== "13") return false;
  return /^[A-Za-z0-9+/]{22}==$/.test(headers["sec-websocket-key"] ?? "");
}

/** Whether this 101 was made for that very question. */
export function acceptsWebSocket(answer: IncomingMessage, key: string): boolean {
  const expected = createHash("sha1").update(`${key}${guid}`).digest("base64");
  return answer.headers.upgrade?.toLowerCase() === "websocket" && answer.headers["sec-websocket-accept"] === expected;
}

/** A close frame from server to client: 4401 means "log in again", 1012 "come back in a moment". */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason);
  const frame = Buffer.alloc(4 + text.length);
  frame.writeUInt8(0x88, 0);
  frame.writeUInt8(2 + text.length, 1);
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}
