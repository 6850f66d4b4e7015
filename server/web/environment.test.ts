import { expect, test } from "vitest";
import { readWebEnvironment } from "./environment.ts";

const good = {
  BERTH_WEB_LISTEN: "/run/web.sock",
  BERTH_WEB_INTERNAL: "hub:8081",
  BERTH_WEB_INTERNAL_KEY: "a-key-long-enough",
  BERTH_WEB_HUB_API: "http://[::1]:8080",
  BERTH_WEB_PUBLIC_URL: "https://hub.example.org/",
  BERTH_WEB_VERIFY_KEY: "pem",
  BERTH_WEB_SECRET: "x".repeat(32),
};

test("sockets and addresses both name a target; the public URL loses its last slash", () => {
  const { listen, settings } = readWebEnvironment(good);
  expect(listen).toEqual({ kind: "unix", path: "/run/web.sock" });
  expect(settings.internal).toEqual({ target: { kind: "tcp", host: "hub", port: 8081 }, key: "a-key-long-enough" });
  expect(settings.hubApi).toEqual({ kind: "tcp", host: "::1", port: 8080 });
  expect(settings.publicUrl).toBe("https://hub.example.org");
});

test("all problems are named at once", () => {
  const bad = {
    ...good,
    BERTH_WEB_SECRET: "short",
    BERTH_WEB_ACCENT: "red;}</style>",
    BERTH_WEB_PUBLIC_URL: "javascript:alert(1)",
  };
  expect(() => readWebEnvironment(bad)).toThrow(/PUBLIC_URL[\s\S]*SECRET[\s\S]*ACCENT/);
});

test("without a key to verify sessions with nothing starts", () => {
  const { BERTH_WEB_VERIFY_KEY: _, ...without } = good;
  expect(() => readWebEnvironment(without)).toThrow("BERTH_WEB_VERIFY_KEY_FILE");
});
