import { expect, test } from "vitest";
import { userRedirectTarget } from "./target.ts";

test.each([
  ["/hub/user-redirect/lab/tree/a%20b?x=%2F", "ana", "/user/ana/lab/tree/a%20b?x=%2F"],
  ["/hub/user-redirect", "ana", "/user/ana/"],
  ["/hub/user-redirect/", "ü/x", "/user/%C3%BC%2Fx/"],
  ["/hub/user-redirect?next=1", "ana", "/user/ana/?next=1"],
  ["/hub/user-redirect//evil.example/", "ana", "/user/ana/evil.example/"],
])("%s leads %s to their own server", (path, user, target) => {
  expect(userRedirectTarget(path, user)).toBe(target);
});
