import { ExportAuditInput, exportAudit, ListAuditInput, listAudit } from "#server/audit/list.ts";
import { router, userProcedure } from "../trpc.ts";

export const auditRouter = router({
  list: userProcedure.input(ListAuditInput).query(({ ctx, input }) => listAudit(ctx.verb, input)),
  export: userProcedure.input(ExportAuditInput).query(({ ctx, input }) => exportAudit(ctx.verb, input)),
});
