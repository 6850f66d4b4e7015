import { Prefetched, prefetch, requireMe } from "#app/_trpc/server.tsx";
import { UserDetails } from "./user-details.tsx";

type Props = { readonly params: Promise<{ readonly name: string }> };

export async function generateMetadata({ params }: Props) {
  return { title: decodeURIComponent((await params).name) };
}

export default async function UserPage({ params }: Props) {
  const me = await requireMe();
  const user = decodeURIComponent((await params).name);
  await Promise.all([
    prefetch((trpc) => trpc.users.get.queryOptions({ name: user })),
    prefetch((trpc) => trpc.servers.list.queryOptions({ user })),
    prefetch((trpc) => trpc.sessions.list.queryOptions({ user })),
    prefetch((trpc) => trpc.tokens.list.queryOptions({ user })),
    prefetch((trpc) => trpc.me.accessHistory.queryOptions({ user })),
    prefetch((trpc) => trpc.usage.mine.queryOptions({ user, days: 30 })),
  ]);
  return (
    <Prefetched>
      <UserDetails name={user} isMe={me.name === user} />
    </Prefetched>
  );
}
