import { describe, expect, test } from "vitest";
import { accountJudged, excessFor } from "./account.ts";
import { type Grant, grantsFor, rightsJudged } from "./rights.ts";

const hub = { kind: "ServiceAccount", namespace: "portal", name: "hub" } as const;
const one = { scope: { kind: "namespace", namespace: "berth" }, pullSecrets: { names: [], from: null } } as const;
const many = { scope: { kind: "cluster" }, pullSecrets: { names: ["login"], from: "portal" } } as const;
const everyRight = (grants: readonly Grant[]) => grants.flatMap(({ rights }) => rights);

describe("rights that are missing (S-73)", () => {
  test("are named with the place, and the file that gives them", () => {
    const grants = grantsFor(one, []);
    const allowed = new Set(
      everyRight(grants).filter(({ verb, resource }) => `${verb} ${resource}` !== "watch events"),
    );
    expect(rightsJudged(grants, allowed, hub)).toMatchObject({
      ok: false,
      message: "Not allowed in berth: watch events.",
      fix: "Run `helm upgrade` again, or without the chart: kubectl --namespace berth apply --filename k8s/rbac/role.yaml",
    });
  });

  test("where nothing is allowed, the binding's command is given too, for the account that asked", () => {
    const { fix } = rightsJudged(grantsFor(one, []), new Set(), hub);
    expect(fix).toMatch(
      /kubectl --namespace berth create rolebinding berth-hub --role berth-hub --serviceaccount portal:hub$/,
    );
    const person = { kind: "User", name: "ana" } as const;
    expect(rightsJudged(grantsFor(one, []), new Set(), person).fix).toMatch(/--user ana$/);
  });

  test("with a namespace each: those across the cluster, those in namespaces it made, those to pull secrets, each by itself", () => {
    const grants = grantsFor(many, ["u-ana"]);
    expect(grants.map(({ file, namespace }) => [file, namespace])).toEqual([
      ["cluster-role", null],
      ["cluster-role-servers", "u-ana"],
      ["pull-secrets-role", "portal"],
    ]);
    const lacking = new Set(["create namespaces", "update resourcequotas", "get secrets"]);
    const allowed = everyRight(grants).filter(
      ({ verb, resource, namespace }) =>
        !lacking.has(`${verb} ${resource}`) || (resource === "secrets" && namespace === "u-ana"),
    );
    const { message, fix } = rightsJudged(grants, new Set(allowed), hub);
    expect(message).toBe(
      "Not allowed across the cluster: create namespaces. Not allowed in u-ana: update resourcequotas. Not allowed in portal: get secrets login.",
    );
    expect(fix).toContain("--filename k8s/rbac/cluster-role.yaml --filename k8s/rbac/cluster-role-servers.yaml");
    expect(fix).toContain("create rolebinding berth-hub-pull-secrets");
  });
});

describe("an account that may do too much (S-73)", () => {
  const excess = excessFor("berth");
  const judged = (...words: string[]) =>
    accountJudged(excess, new Set(excess.filter((one) => words.includes(one.words)).map(({ right }) => right)));

  test("is said in words; cluster-admin in one", () => {
    expect(judged()).toMatchObject({ ok: true });
    expect(judged("list the secrets in berth", "act as anybody")).toMatchObject({
      ok: false,
      message: "May do far more than Berth needs: act as anybody, list the secrets in berth.",
    });
    expect(accountJudged(excess, new Set(excess.map(({ right }) => right))).message).toBe(
      "May do far more than Berth needs: do everything, as cluster-admin.",
    );
  });

  test("what holds everywhere isn't said of the one namespace again", () => {
    expect(judged("list the secrets of every namespace", "list the secrets in berth").message).toBe(
      "May do far more than Berth needs: list the secrets of every namespace.",
    );
  });

  test("nothing of it is in any documented Role", () => {
    const granted = [...everyRight(grantsFor(one, [])), ...everyRight(grantsFor(many, ["berth"]))];
    const said = new Set(granted.map(({ verb, resource, namespace }) => `${verb} ${resource} ${namespace}`));
    expect(
      excess.filter(({ right: { verb, resource, namespace } }) => said.has(`${verb} ${resource} ${namespace}`)),
    ).toEqual([]);
  });
});
