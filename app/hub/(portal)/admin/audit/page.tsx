import { t } from "#app/_text/t.ts";
import { Prefetched, prefetch } from "#app/_trpc/server.tsx";
import { AuditLog } from "./audit-log.tsx";

export const metadata = { title: t("audit.title") };

export default async function AuditLogPage() {
  await prefetch((trpc) => trpc.audit.list.queryOptions({ pageSize: 50 }));
  return (
    <Prefetched>
      <AuditLog />
    </Prefetched>
  );
}
