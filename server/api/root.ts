import { groupsRouter } from "./routers/groups.ts";
import { hubRouter } from "./routers/hub.ts";
import { meRouter } from "./routers/me.ts";
import { serversRouter } from "./routers/servers.ts";
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
  groups: groupsRouter,
});
export type AppRouter = typeof appRouter;
