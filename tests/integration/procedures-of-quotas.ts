import type { Procedure, World } from "./procedure-table.ts";

type Expected = Procedure["expected"];

const shut = { anonymous: "unauthenticated", other: "forbidden", narrow: "forbidden", outsider: "forbidden" } as const;
const forMembers: Expected = { ...shut, owner: "ok", admin: "ok", manager: "ok" };
const forManagers: Expected = { ...forMembers, owner: "forbidden" };
const forAdmins: Expected = { ...forManagers, manager: "forbidden" };

const query = (expected: Expected, prepare: Procedure["prepare"]): Procedure => ({ expected, prepare, audit: [] });
const onGroup = ({ group }: World) => ({ group });
const withQuota = ({ group }: World) => ({ group, quota: { servers: 8, memoryLimit: "32Gi" } });
const withCeiling = ({ group }: World) => ({ group, ceiling: { cpuLimit: "16", gpus: 0 } });
const withLimits = ({ group, owner }: World) => ({ group, user: owner, limits: { servers: 2, home: "20Gi" } });

/** Quotas: members read, managers set them within the ceiling, admins set that. */
export const procedures: Readonly<Record<string, Procedure>> = {
  "quotas.get": query(forMembers, onGroup),
  "quotas.overview": query({ ...forMembers, outsider: "ok" }, () => ({})),
  "quotas.previewQuota": query(forManagers, withQuota),
  "quotas.setQuota": { expected: forManagers, prepare: withQuota, audit: ["group.set-quota"] },
  "quotas.previewCeiling": query(forAdmins, withCeiling),
  "quotas.setCeiling": { expected: forAdmins, prepare: withCeiling, audit: ["group.set-ceiling"] },
  "quotas.previewMemberLimits": query(forManagers, withLimits),
  "quotas.setMemberLimits": { expected: forManagers, prepare: withLimits, audit: ["group.set-member-limits"] },
};
