import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask, echo, echoedIn, type Rig, routeTo, startRig, stoppedAs, until } from "#tests/edge-rig.ts";

let rig: Rig;
let cookie: string;

beforeAll(async () => {
  rig = await startRig();
  const target = await rig.serve(echo);
  rig.hub.send({ type: "route", route: routeTo(target) }, { type: "stopped", server: stoppedAs("stopped", "bob") });
  cookie = await rig.cookieOf("ana");
  await until(async () => (await get("/user/ana/")).status === 200);
});
afterAll(async () => await rig.close());

const get = (target: string, ...headers: string[]) =>
  ask(rig.port, target, { host: rig.host, headers: [`Cookie: ${cookie}`, ...headers] });

describe("forwarding", () => {
  test("a request reaches the owner's server with the secret and without the portal's cookie", async () => {
    const answer = await ask(rig.port, "/user/ana/api?x=%2F", {
      host: rig.host,
      headers: [`Cookie: a=1; ${cookie}; b=2`],
    });
    expect(answer.status).toBe(200);
    const echoed = echoedIn(answer);
    expect(echoed.target).toBe("/user/ana/api?x=%2F");
    expect(echoed.valuesOf("authorization")).toEqual(["token secret-of-ana"]);
    expect(echoed.valuesOf("cookie")).toEqual(["a=1; b=2"]);
  });

  test("a body goes up and comes back", async () => {
    const answer = await ask(rig.port, "/user/ana/x", {
      method: "POST",
      host: rig.host,
      headers: [`Cookie: ${cookie}`, `Origin: ${rig.origin}`],
      body: "hello",
    });
    expect(echoedIn(answer).body).toBe("hello");
  });
});
