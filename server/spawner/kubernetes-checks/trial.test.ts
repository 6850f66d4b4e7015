import { describe, expect, test } from "vitest";
import { errorFromAnswer } from "#k8s/errors.ts";
import { type Trial, trialsJudged } from "./trial.ts";

const trial = (status: number, message: string, more: Partial<Trial> = {}): Trial => ({
  namespace: "berth",
  what: "server",
  refusal: errorFromAnswer(status, JSON.stringify({ message, reason: "Forbidden" }), undefined),
  ...more,
});
const taken: Trial = { namespace: "berth", what: "home", refusal: null };
const pod = 'pods "berth-doctor" is forbidden: ';

describe("what the cluster says to a server of the default profile", () => {
  test("taken is well", () => {
    expect(trialsJudged([taken])).toMatchObject({ ok: true });
  });

  test("a quota smaller than one server: none can ever start", () => {
    const words = `${pod}exceeded quota: team, requested: limits.memory=2Gi,pods=1, used: limits.memory=0,pods=0, limited: limits.memory=1024Mi,pods=5`;
    expect(trialsJudged([taken, trial(403, words)])).toMatchObject({
      ok: false,
      message: expect.stringContaining("exceeded quota: team"),
      fix: expect.stringMatching(/can ever start.*kubectl --namespace berth describe resourcequota team/),
    });
  });

  test("a quota that wants what the profile doesn't say is as impossible", () => {
    const words = `${pod}failed quota: team: must specify requests.example.com/licence for: notebook`;
    expect(trialsJudged([trial(403, words)])).toMatchObject({
      ok: false,
      fix: expect.stringContaining("can ever start"),
    });
  });

  test("somebody else's quota that is used up is a fault; the group's own is not", () => {
    const words = (quota: string) => `${pod}exceeded quota: ${quota}, requested: pods=1, used: pods=5, limited: pods=5`;
    expect(trialsJudged([trial(403, words("team"))])).toMatchObject({
      ok: false,
      fix: expect.stringContaining("used up"),
    });
    expect(trialsJudged([trial(403, words("berth-group"))])).toMatchObject({ ok: true });
  });

  test("a limit range that is too narrow", () => {
    const words = `${pod}maximum memory usage per Container is 1Gi, but limit is 2Gi`;
    expect(trialsJudged([trial(403, words)])).toMatchObject({
      ok: false,
      fix: expect.stringContaining("get limitrange"),
    });
  });

  test("an admission policy, in its own words", () => {
    const words = `${pod}violates PodSecurity "restricted:latest": runAsNonRoot != true`;
    expect(trialsJudged([trial(403, words)])).toMatchObject({
      ok: false,
      message: expect.stringContaining("runAsNonRoot"),
      fix: expect.stringContaining("exception"),
    });
  });

  test("what couldn't be tried is no fault: no right to make pods, a webhook that can't be asked, a quota not counted yet", () => {
    const untried = [
      trial(403, `${pod}User "hub" cannot create resource "pods" in API group "" in the namespace "berth"`),
      trial(400, 'admission webhook "w.example.org" does not support dry run'),
      trial(403, `${pod}status unknown for quota: team, resources: pods`),
    ];
    for (const one of untried) expect(trialsJudged([one]).ok, one.refusal?.detail).toBe(true);
  });

  test("a namespace that isn't there, with the command that makes it", () => {
    const refusal = errorFromAnswer(404, JSON.stringify({ message: 'namespaces "berth" not found' }), undefined);
    expect(trialsJudged([trial(404, "", { refusal })])).toMatchObject({
      ok: false,
      fix: "kubectl create namespace berth",
    });
  });

  test("of several that are refused one is said, and how many more", () => {
    const words = `${pod}maximum cpu usage per Pod is 1, but limit is 2`;
    expect(trialsJudged([trial(403, words), trial(403, words, { namespace: "other" })]).message).toMatch(/And 1 more/);
  });
});
