"use client";

import { ErrorId } from "./_components/error-id.tsx";
import { t } from "./_text/t.ts";

/** When even the frame of the pages fails: plain text, and nothing that could fail again. */
export default function GlobalError({ error }: { readonly error: Error & { readonly digest?: string } }) {
  return (
    <html lang="en">
      <body>
        <main>
          <title>{t("error.title")}</title>
          <h1>{t("error.title")}</h1>
          <p>{t("error.text")}</p>
          <p>
            <a href="/hub/home">{t("nav.home")}</a>
          </p>
          <ErrorId digest={error.digest} />
        </main>
      </body>
    </html>
  );
}
