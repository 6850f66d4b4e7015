"use client";

import { createContext, useContext } from "react";

/** Whether the institution has a logo of its own (`portal.logoFile`). */
export const OwnLogo = createContext(false);

/** The institution's logo, else Berth's: a hull between two bollards. The portal's name stands beside it in words. */
export function Logo({ large = false, className = "" }: { readonly large?: boolean; readonly className?: string }) {
  const own = useContext(OwnLogo);
  if (own) {
    const shape = large ? "h-12 max-w-full self-start" : "h-7 max-w-32";
    // biome-ignore lint/performance/noImgElement: Next's image fetcher is shut, and this picture comes as it is
    return <img src="/hub/logo" alt="" className={`${shape} w-auto object-contain ${className}`} />;
  }
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={`${large ? "size-12" : "size-7"} ${className}`}>
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path d="M7 17h18l-3 7H10z M15 6l7 8h-7z" fill="var(--accent-ink)" />
    </svg>
  );
}
