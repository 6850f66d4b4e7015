import "./globals.css";
import type { Metadata, Viewport } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { webSettings } from "#server/web/settings.ts";
import { Providers } from "./_components/providers.tsx";
import { t } from "./_text/t.ts";
import { reloadOnce } from "./reload-once.ts";

export async function generateMetadata(): Promise<Metadata> {
  // Nothing is made ahead of the request: the nonce is the request's, and so is the institution's name.
  await headers();
  const { name, logo } = webSettings().brand;
  const icon = logo === null ? "/logo.svg" : "/hub/logo";
  return { title: { default: name, template: `%s · ${name}` }, icons: { icon }, robots: { index: false } };
}

export const viewport: Viewport = { colorScheme: "light dark", width: "device-width", initialScale: 1 };

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  const nonce = (await headers()).get("x-nonce") ?? "";
  const { accent, ink, logo } = webSettings().brand;
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* biome-ignore lint/security/noDangerouslySetInnerHtml: a text of our own, without anything from outside */}
        <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: reloadOnce }} />
        <style nonce={nonce} suppressHydrationWarning>{`:root{--accent:${accent};--accent-ink:${ink}}`}</style>
      </head>
      <body className="min-h-dvh font-sans antialiased">
        <noscript>
          <p role="alert" className="bg-warn-soft p-4 text-center text-sm text-warn">
            {t("noscript")}
          </p>
        </noscript>
        <Providers nonce={nonce} ownLogo={logo !== null}>
          {children}
        </Providers>
      </body>
    </html>
  );
}
