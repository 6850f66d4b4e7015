import type { ReactNode } from "react";
import { Logo } from "./logo.tsx";

type Props = { readonly title: string; readonly children: ReactNode };

/** A page that is one message and the ways on from it. */
export function MessagePage({ title, children }: Props) {
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center px-4 py-10">
      <Logo large className="mb-6" />
      <h1 className="text-2xl font-semibold tracking-tight">{title}</h1>
      <div className="mt-4 space-y-5">{children}</div>
    </main>
  );
}
