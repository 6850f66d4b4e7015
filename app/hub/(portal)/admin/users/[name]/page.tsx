import { Prefetched, prefetch } from "#app/_trpc/server.tsx";
import { UserDetails } from "./user-details.tsx";

type Props = { readonly params: Promise<{ readonly name: string }> };

export async function generateMetadata({ params }: Props) {
  return { title: decodeURIComponent((await params).name) };
}

export default async function UserPage({ params }: Props) {
  const user = decodeURIComponent((await params).name);
  await Promise.all([
    prefetch((trpc) => trpc.sessions.list.queryOptions({ user })),
    prefetch((trpc) => trpc.tokens.list.queryOptions({ user })),
  ]);
  return (
    <Prefetched>
      <UserDetails user={user} />
    </Prefetched>
  );
}
