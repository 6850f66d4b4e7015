"use client";

import { CSPProvider } from "@base-ui/react/csp-provider";
import { ThemeProvider } from "next-themes";
import type { ReactNode } from "react";
import { TrpcProvider } from "#app/_trpc/client.tsx";
import { OwnLogo } from "./logo.tsx";

type Props = { readonly nonce: string; readonly ownLogo: boolean; readonly children: ReactNode };

export function Providers({ nonce, ownLogo, children }: Props) {
  return (
    <ThemeProvider attribute="data-theme" defaultTheme="system" enableSystem disableTransitionOnChange nonce={nonce}>
      <CSPProvider nonce={nonce}>
        <TrpcProvider>
          <OwnLogo value={ownLogo}>{children}</OwnLogo>
        </TrpcProvider>
      </CSPProvider>
    </ThemeProvider>
  );
}
