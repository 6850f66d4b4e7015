import { announcementsRouter } from "./routers/announcements.ts";
import { auditRouter } from "./routers/audit.ts";
import { cullingRouter } from "./routers/culling.ts";
import { groupsRouter } from "./routers/groups.ts";
import { homesRouter } from "./routers/homes.ts";
import { hubRouter } from "./routers/hub.ts";
import { meRouter } from "./routers/me.ts";
import { quotasRouter } from "./routers/quotas.ts";
import { serversRouter } from "./routers/servers.ts";
import { sessionsRouter } from "./routers/sessions.ts";
import { tokensRouter } from "./routers/tokens.ts";
import { usageRouter } from "./routers/usage.ts";
import { usersRouter } from "./routers/users.ts";
import { router } from "./trpc.ts";

export const appRouter = router({
  hub: hubRouter,
  me: meRouter,
  servers: serversRouter,
  users: usersRouter,
  tokens: tokensRouter,
  usage: usageRouter,
  announcements: announcementsRouter,
  audit: auditRouter,
  homes: homesRouter,
  sessions: sessionsRouter,
  culling: cullingRouter,
  groups: groupsRouter,
  quotas: quotasRouter,
});
export type AppRouter = typeof appRouter;
