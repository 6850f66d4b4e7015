import "./globals.css";
import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { webSettings } from "#server/web/settings.ts";
import { Providers } from "./_components/providers.tsx";
import { inkOn } from "./_format/accent.ts";

export async function generateMetadata(): Promise<Metadata> {
  // Nothing is made ahead of the request: the nonce is the request's, and so is the institution's name.
  await headers();
  const { name } = webSettings().brand;
  return { title: { default: name, template: `%s · ${name}` }, icons: { icon: "/logo.svg" }, robots: { index: false } };
}

export const viewport: Viewport = { colorScheme: "light dark", width: "device-width", initialScale: 1 };

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const nonce = (await headers()).get("x-nonce") ?? "";
  const { accent } = webSettings().brand;
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        <style
          nonce={nonce}
          suppressHydrationWarning
        >{`:root{--accent:${accent};--accent-ink:${inkOn(accent)}}`}</style>
      </head>
      <body className="min-h-dvh font-sans antialiased">
        <Providers nonce={nonce}>{children}</Providers>
      </body>
    </html>
  );
}
