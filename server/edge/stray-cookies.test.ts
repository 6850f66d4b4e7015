import { describe, expect, test } from "vitest";
import { expiredStrays } from "./stray-cookies.ts";

const placesOf = (host: string, target: string) =>
  expiredStrays("berth-session", host, target).map((line) => /^berth-session=; (.+); Max-Age=0$/.exec(line)?.[1]);

describe("S-01: taking back cookies that somebody else set", () => {
  test("every domain above and every beginning of the path, never the place of the portal's own", () => {
    const paths = ["/", "/hub", "/hub/", "/hub/home"];
    const places = placesOf("hub.example.org:8000", "/hub/home?next=/x");
    expect(places).toEqual([
      ...paths.slice(1).map((path) => `Path=${path}`),
      ...["hub.example.org", "example.org"].flatMap((domain) => paths.map((path) => `Domain=${domain}; Path=${path}`)),
    ]);
    expect(places).not.toContain("Path=/");
  });

  test.each(["127.0.0.1:8000", "[::1]:8000", "localhost"])("on %s there is no domain above", (host) => {
    expect(placesOf(host, "/hub/")).toEqual(["Path=/hub", "Path=/hub/"]);
  });

  test("a long or odd path makes neither a long answer nor another attribute", () => {
    expect(placesOf("127.0.0.1", "/a".repeat(1000))).toHaveLength(15);
    expect(placesOf("127.0.0.1", "/a;Domain=x/b").join()).not.toContain("Domain");
  });
});
