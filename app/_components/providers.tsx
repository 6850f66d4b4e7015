"use client";

import { CSPProvider } from "@base-ui/react/csp-provider";
import { ThemeProvider } from "next-themes";
import type { ReactNode } from "react";
import { TrpcProvider } from "#app/_trpc/client.tsx";

export function Providers({ nonce, children }: { readonly nonce: string; readonly children: ReactNode }) {
  return (
    <ThemeProvider attribute="data-theme" defaultTheme="system" enableSystem disableTransitionOnChange nonce={nonce}>
      <CSPProvider nonce={nonce}>
        <TrpcProvider>{children}</TrpcProvider>
      </CSPProvider>
    </ThemeProvider>
  );
}
