import { afterAll, beforeAll, expect, test } from "vitest";
import { findServerById } from "#db/servers.ts";
import { type Portal, startPortal } from "#tests/fakes/whole-portal.ts";

const choiceOf = (validation_regex: string, kubespawner_override: object) => ({
  display_name: "Software",
  unlisted_choice: { enabled: true, validation_regex, kubespawner_override },
  choices: { minimal: { display_name: "Minimal", default: true, kubespawner_override: {} } },
});

let portal: Portal;
let cookie: string;
beforeAll(async () => {
  const profile = {
    display_name: "Own image",
    slug: "own",
    profile_options: {
      image: choiceOf("quay.io/org/[a-z]+:v1", { image: "{value}" }),
      slow: choiceOf("(a+)+$", { environment: { WORD: "{value}" } }),
    },
  };
  portal = await startPortal({ config: { singleuser: { profileList: [profile] } } });
  await portal.addUsers("ana");
  cookie = await portal.signIn("ana");
});
afterAll(() => portal.stop());

const start = (options: Record<string, string>) =>
  portal.mutate(cookie, "servers.start", { user: "ana", profile: "own", options });
const unlisted = (name: string, value: string) => ({ [name]: "unlisted-choice", [`${name}--unlisted-choice`]: value });

test.each([
  "quay.io/org/a:v1@sha256:evil",
  "quay.io/org/a:v1\n",
  "quay.io/org/a:v1 ",
  " quay.io/org/a:v1",
  "\nquay.io/org/a:v1",
  "evil/quay.io/org/a:v1",
  "quay.io/org/a:v1\nquay.io/org/a:v1",
  "",
])("S-42: %j isn't wholly what the pattern says, and starts nothing", async (value) => {
  expect((await start(unlisted("image", value))).code).toBe("invalid");
  expect(portal.spawner.started).toEqual([]);
});

test("S-42: a pattern that would take for ever elsewhere, and a value of 64 KiB, are answered at once", async () => {
  for (const length of [40, 512, 65_536]) {
    const beganMs = performance.now();
    expect((await start(unlisted("slow", `${"a".repeat(length)}!`))).code).toBe("invalid");
    expect(performance.now() - beganMs).toBeLessThan(1000);
  }
});

test("S-42: what is wholly that becomes the image, as it was written", async () => {
  const { code, data } = await start(unlisted("image", "quay.io/org/abc:v1"));
  expect(code).toBeNull();
  const found = await findServerById(portal.hub.db, (data as { id: string }).id);
  expect(found?.server.spec).toMatchObject({ pod: { image: "quay.io/org/abc:v1" } });
});
